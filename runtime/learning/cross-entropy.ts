// L = mean over n of  log sum_c exp(logit_c) - sum_c target_c logit_c, for targets that sum to 1.

/** Mean cross-entropy in nats of float32 logits [n, classes] against targets of the same shape. */
export function crossEntropy(logits: Float32Array, targets: Float32Array, classes: number): number {
  const count = logits.length / classes;
  let total = 0;
  for (let start = 0; start < logits.length; start += classes) {
    let largest = -Infinity;
    for (let c = 0; c < classes; c++) largest = Math.max(largest, logits[start + c]!);
    let sum = 0;
    let expected = 0;
    for (let c = 0; c < classes; c++) {
      sum += Math.exp(logits[start + c]! - largest);
      expected += targets[start + c]! * logits[start + c]!;
    }
    total += largest + Math.log(sum) - expected;
  }
  return total / count;
}
