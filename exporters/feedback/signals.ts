// The true gradients of a float model on labelled samples, batch by batch: what feedback is fitted to
// and measured against.
import type { ValueId } from '#runtime';
import { checkLabels, inferShapes, sizeOf } from '#runtime';

import type { FloatArray } from '../float/array.ts';
import type { Backpropagation } from '../float/backpropagate.ts';
import { backpropagate } from '../float/backpropagate.ts';
import type { BatchOptions } from '../float/batches.ts';
import { batchesOf } from '../float/batches.ts';
import type { FloatModel } from '../float/model.ts';
import { batchOf } from '../float/model.ts';
import type { FloatValues } from '../float/run.ts';
import { outputOf, runFloat } from '../float/run.ts';
import { softmaxCrossEntropy } from '../float/softmax-cross-entropy.ts';

export interface LabelledSamples {
  /** [n, height, width, channels], as the model takes them. */
  readonly samples: FloatArray;
  /** A class per sample, or per position of its output; there, -1 is not judged. */
  readonly labels: ArrayLike<number>;
}

/** Gradients are of the loss summed over the batch, so each sample has its own. */
export interface Signals {
  readonly batch: number;
  readonly values: FloatValues;
  readonly gradients: Backpropagation;
}

/** Gradients of `wanted` values and, where asked for, of all weights. */
export function* signalsOf(
  model: FloatModel,
  { samples, labels }: LabelledSamples,
  wanted: ReadonlySet<ValueId>,
  { ofParameters, ...batching }: BatchOptions & { readonly ofParameters: boolean },
): Generator<Signals> {
  const { inputShape, nodes } = model.graph;
  const output = inferShapes(model.graph)[nodes.length]!;
  const classes = output[2];
  const positions = sizeOf(output) / classes;
  const judged = Array.from(labels, (label) => (positions > 1 && label === -1 ? 0 : label));
  checkLabels(judged, positions * batchOf(samples, inputShape), classes);
  for (const { first, batch, input } of batchesOf(samples, sizeOf(inputShape), batching)) {
    const values = runFloat(model, input);
    const targets = targetsOf(
      labels,
      { from: first * positions, to: (first + batch) * positions },
      classes,
    );
    const { error } = softmaxCrossEntropy(outputOf(model, values), targets, classes);
    const gradients = backpropagate(model, values, error, {
      wanted: (value) => wanted.has(value),
      ofParameters,
    });
    yield { batch, values, gradients };
  }
}

/** float32 [positions, classes] with a one at each label, and zeros where there is none. */
function targetsOf(
  labels: ArrayLike<number>,
  { from, to }: { readonly from: number; readonly to: number },
  classes: number,
): Float32Array {
  const targets = new Float32Array((to - from) * classes);
  for (let i = from; i < to; i++) {
    if (labels[i]! >= 0) targets[(i - from) * classes + labels[i]!] = 1;
  }
  return targets;
}
