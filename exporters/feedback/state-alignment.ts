// How far the weight gradients of recurrent layers that do not go back through all steps point where
// backpropagation through time does.
import type { Alignment, Recurrence, StateFeedback } from '#runtime';

import type { FloatArray } from '../float/array.ts';
import type { BatchOptions } from '../float/batches.ts';
import type { FloatModel } from '../float/model.ts';
import { addParameterGradients } from '../float/recurrent/backward.ts';
import type { SequenceGradients } from '../float/recurrent/backward.ts';
import { cosine } from './cosine.ts';
import type { RecurrentSignals } from './recurrent-signals.ts';
import { recurrentSignals } from './recurrent-signals.ts';
import { approximateGradients } from './replayed-gates.ts';
import type { LabelledSamples } from './signals.ts';

/** One for each of `nodes`: the cosine of a batch's gradients of W and U, averaged over the batches. */
export function measureStateAlignment(
  model: FloatModel,
  data: LabelledSamples,
  nodes: readonly number[],
  options: {
    readonly recurrence: Recurrence;
    readonly feedback: readonly StateFeedback[];
    readonly batching?: BatchOptions;
  },
): Alignment[] {
  const { recurrence, feedback, batching } = options;
  const sums = new Map(nodes.map((node) => [node, 0]));
  let batches = 0;
  for (const batch of recurrentSignals(model, data, nodes, batching)) {
    for (const signals of batch) {
      const own = feedback.find(({ node }) => node === signals.node) ?? null;
      const length = model.parameters.get(signals.node)!.weights.length;
      const made = weightGradient(signals, approximateGradients(signals, recurrence, own), length);
      const exact = weightGradient(signals, signals.exact, length);
      sums.set(signals.node, sums.get(signals.node)! + cosine(made, exact));
    }
    batches++;
  }
  return [...sums].map(([node, sum]) => ({
    layer: model.graph.nodes[node]!.name,
    cosine: sum / batches,
  }));
}

function weightGradient(
  { trace, attributes }: RecurrentSignals,
  gradients: SequenceGradients,
  length: number,
): FloatArray {
  const weights = new Float64Array(length);
  const bias = new Float64Array(2 * trace.sizes.rows);
  addParameterGradients(trace, attributes, gradients, { weights, bias });
  return weights;
}
