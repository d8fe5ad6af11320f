// Bytes of activations that an arm keeps from the forward for its update, by count: what separates the ways to
// learn, without what the programs need beside it.
import { keptByBackprop, partition, planFor } from '#exporters';
import type { Graph, Recurrence, RecurrentNode, Shape } from '#runtime';
import { inferShapes, isRecurrent, rowsOf, sizeOf } from '#runtime';

import { planOptionsOf } from './arms.ts';
import type { Arm } from './arms.ts';
import { cutForCheckpoints, keptValues } from './checkpoints.ts';

export interface KeptShape {
  readonly graph: Graph;
  readonly batchSize: number;
  /** Examples that nearest neighbours remember. */
  readonly examples: number;
}

/**
 * Plans: a byte for each value of the tail or of the largest module before it that learns, with its input.
 * float32: four for each value of the model, or of the checkpoints and their largest part. Nearest neighbours:
 * the features of all examples, float32 as kept here. Within a recurrent layer that learns: float32 the gates and states
 * of every step; plans the states kept at the starts of chunks, and the gates and states of one chunk.
 */
export function keptBytes(arm: Arm, { graph, batchSize, examples }: KeptShape): number {
  const { method } = arm;
  const shapes = inferShapes(graph);
  const modules = partition(graph);
  const valuesFrom = (from: number, to: number): number =>
    shapes.slice(from, to + 1).reduce((sum, shape) => sum + sizeOf(shape), 0);
  const end = graph.nodes.length;
  const insideFrom = (from: number, recurrence: Recurrence | null): number =>
    graph.nodes.slice(from).reduce((sum, node) => {
      if (!isRecurrent(node) || (recurrence === null && method.kind !== 'float')) return sum;
      const input = shapes[node.inputs[0]!]!;
      return sum + insideRecurrent(node.attributes, input, recurrence);
    }, 0);
  if (method.kind === 'unchanged') return 0;
  if (method.kind === 'float') {
    return method.checkpoints
      ? 4 * batchSize * keptValues(graph, cutForCheckpoints(graph, modules))
      : batchSize * (4 * valuesFrom(0, end) + insideFrom(0, null));
  }
  const options = planOptionsOf(arm, { graph, modules, batchSize });
  const { rules, recurrence } = planFor(graph, modules, options);
  const tail = modules[rules.indexOf('exact')]!.from;
  if (method.kind === 'nearest') return 4 * examples * sizeOf(shapes[tail]!);
  const ofModules = modules
    .filter(({ from }, index) => from < tail && rules[index] !== 'frozen')
    .map(({ from, to }) => valuesFrom(from, to));
  return batchSize * Math.max(valuesFrom(tail, end) + insideFrom(tail, recurrence), ...ofModules);
}

/** Bytes of one sample that a recurrent layer keeps beside its output; without a recurrence, as float32 backpropagation. */
function insideRecurrent(
  attributes: RecurrentNode['attributes'],
  input: Shape,
  recurrence: Recurrence | null,
): number {
  if (recurrence === null) return 4 * keptByBackprop(attributes, input);
  const [steps] = input;
  const chunk = Math.min(recurrence.exactSteps, steps);
  const starts = recurrence.earlier === 'exact' ? Math.ceil(steps / chunk) : 1;
  // The hidden state in 8 bits and the carried one in float32.
  const state = 5 * attributes.hiddenSize;
  return starts * state + chunk * (4 * rowsOf(attributes) + state);
}
