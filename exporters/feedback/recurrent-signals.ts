// The true gradients inside the recurrent layers that learn by gates: what their state feedback is fitted to
// and measured against.
import type { Graph, Module, Plan, RecurrentNode } from '#runtime';
import { inferShapes, isRecurrent } from '#runtime';

import type { BatchOptions } from '../float/batches.ts';
import type { FloatModel } from '../float/model.ts';
import { throughTime } from '../float/recurrent/backward.ts';
import type { SequenceGradients } from '../float/recurrent/backward.ts';
import { floatMaps } from '../float/recurrent/maps.ts';
import { traceRecurrent } from '../float/recurrent/trace.ts';
import type { RecurrentTrace } from '../float/recurrent/trace.ts';
import type { LabelledSamples } from './signals.ts';
import { signalsOf } from './signals.ts';

/** One recurrent layer on one batch. */
export interface RecurrentSignals {
  readonly node: number;
  readonly attributes: RecurrentNode['attributes'];
  readonly trace: RecurrentTrace;
  /** By backpropagation through time. */
  readonly exact: SequenceGradients;
}

/** Indices of trained recurrent layers whose early steps do not take the exact gradient: of one output, and longer than it. */
export function approximatedNodes(
  graph: Graph,
  modules: readonly Module[],
  { rules, recurrence }: Plan,
): number[] {
  if (recurrence === null || recurrence.earlier === 'exact') return [];
  const shapes = inferShapes(graph);
  return modules.flatMap(({ from }, index) => {
    const node = graph.nodes[from]!;
    if (rules[index] === 'frozen' || !isRecurrent(node)) return [];
    const [steps] = shapes[node.inputs[0]!]!;
    const isOne = node.attributes.output === 'last';
    return isOne && steps > recurrence.exactSteps ? [from] : [];
  });
}

/** Of each batch, each of `nodes` in turn. */
export function* recurrentSignals(
  model: FloatModel,
  data: LabelledSamples,
  nodes: readonly number[],
  batching: BatchOptions = {},
): Generator<readonly RecurrentSignals[]> {
  const shapes = inferShapes(model.graph);
  const wanted = new Set(nodes.map((node) => node + 1));
  for (const { batch, values, gradients } of signalsOf(model, data, wanted, {
    ...batching,
    ofParameters: false,
  })) {
    yield nodes.map((index) => {
      const { attributes, inputs } = model.graph.nodes[index] as RecurrentNode;
      const input = { data: values.get(inputs[0]!)!, shape: shapes[inputs[0]!]! };
      const parameters = model.parameters.get(index)!;
      const trace = traceRecurrent({ attributes, batch, input, parameters });
      const { hidden } = floatMaps(parameters, attributes, input.shape[2]);
      const gy = gradients.valueGradients.get(index + 1)!;
      return {
        node: index,
        attributes,
        trace,
        exact: throughTime(trace, attributes, { gy, hidden }),
      };
    });
  }
}
