import type { FloatArray } from './array.ts';
import { zeros } from './array.ts';

export interface LossAndError {
  /** Summed over the batch, in nats. */
  readonly loss: number;
  /** dL/dlogits, [batch, positions, classes]. */
  readonly error: FloatArray;
}

// L = - sum over n, i of t[n, i] log p[n, i],  p = softmax(logits);  dL/dlogits = p - t

/** `targets` is [batch, positions, classes], rows summing to 1; a row of zeros is not judged and has no error. */
export function softmaxCrossEntropy(
  logits: FloatArray,
  targets: FloatArray,
  classes: number,
): LossAndError {
  const error = zeros(logits, logits.length);
  let loss = 0;
  for (let row = 0; row < logits.length; row += classes) {
    if (!targets.subarray(row, row + classes).some((target) => target !== 0)) continue;
    let largest = -Infinity;
    for (let i = 0; i < classes; i++) largest = Math.max(largest, logits[row + i]!);
    let sum = 0;
    for (let i = 0; i < classes; i++) sum += Math.exp(logits[row + i]! - largest);
    for (let i = 0; i < classes; i++) {
      const logProbability = logits[row + i]! - largest - Math.log(sum);
      const target = targets[row + i]!;
      error[row + i] = Math.exp(logProbability) - target;
      loss -= target * logProbability;
    }
  }
  return { loss, error };
}
