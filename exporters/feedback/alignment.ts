// How far the weight updates that feedback gives point where backpropagation's do.
import type { Alignment, Feedback, Module, ValueId } from '#runtime';
import { inferShapes } from '#runtime';

import type { FloatArray } from '../float/array.ts';
import { backpropagate } from '../float/backpropagate.ts';
import type { BatchOptions } from '../float/batches.ts';
import { applyFeedback } from './apply.ts';
import { cosine } from './cosine.ts';
import type { FeedbackNetwork } from './form.ts';
import { sourceValue } from './form.ts';
import type { LabelledSamples, Signals } from './signals.ts';
import { signalsOf } from './signals.ts';

/**
 * One per layer that learns from a feedback, in order: the cosine between its weight gradient and the
 * true one, of a batch (16 samples by default, as in a lesson), averaged over the batches. Measure it on
 * samples the feedback was not fitted to.
 */
export function measureAlignment(
  network: FeedbackNetwork,
  feedback: readonly Feedback[],
  data: LabelledSamples,
  batching: BatchOptions = {},
): Alignment[] {
  const { model } = network;
  const wanted = new Set<ValueId>(feedback.map((form) => sourceValue(network, form)));
  const sums = new Map<number, number>();
  let batches = 0;
  for (const signals of signalsOf(model, data, wanted, { ...batching, ofParameters: true })) {
    const exact = signals.gradients.parameterGradients;
    for (const [node, weights] of weightGradients(network, feedback, signals)) {
      sums.set(node, (sums.get(node) ?? 0) + cosine(weights, exact.get(node)!.weights));
    }
    batches++;
  }
  return [...sums]
    .toSorted(([a], [b]) => a - b)
    .map(([node, sum]) => ({ layer: model.graph.nodes[node]!.name, cosine: sum / batches }));
}

/** By node: the weight gradient each layer gets from its own feedback, or from its module's. */
function weightGradients(
  network: FeedbackNetwork,
  feedback: readonly Feedback[],
  { values, gradients }: Signals,
): Map<number, FloatArray> {
  const { model } = network;
  const shapes = inferShapes(model.graph);
  const result = new Map<number, FloatArray>();
  for (const one of feedback) {
    const source = sourceValue(network, one);
    const error = gradients.valueGradients.get(source)!;
    const pair = { source: shapes[source]!, target: shapes[one.target]! };
    const gradient = applyFeedback(one, pair, error);
    const from = firstNode(network, one);
    const local = backpropagate(model, values, gradient, { from, to: one.target });
    for (const [node, { weights }] of local.parameterGradients) result.set(node, weights);
  }
  return result;
}

/** A feedback reaches its whole module by rule `feedback-local`, else the one layer it is for. */
function firstNode({ modules, rules }: FeedbackNetwork, { target }: Feedback): number {
  const index = modules.findIndex(({ from, to }: Module) => target > from && target <= to);
  return rules[index] === 'feedback-local' ? modules[index]!.from : target - 1;
}
