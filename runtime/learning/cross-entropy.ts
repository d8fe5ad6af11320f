// L = mean over n of  log sum_c exp(logit_c) - sum_c target_c logit_c, for targets that sum to 1.
// Rows whose targets are all 0 are not judged, and do not count.

/** Mean cross-entropy in nats of float32 logits [n, classes] against targets of the same shape; 0 where none is judged. */
export function crossEntropy(logits: Float32Array, targets: Float32Array, classes: number): number {
  let count = 0;
  let total = 0;
  for (let start = 0; start < logits.length; start += classes) {
    let largest = -Infinity;
    for (let c = 0; c < classes; c++) largest = Math.max(largest, logits[start + c]!);
    let sum = 0;
    let expected = 0;
    if (!targets.subarray(start, start + classes).some((target) => target !== 0)) continue;
    count++;
    for (let c = 0; c < classes; c++) {
      sum += Math.exp(logits[start + c]! - largest);
      expected += targets[start + c]! * logits[start + c]!;
    }
    total += largest + Math.log(sum) - expected;
  }
  return total / Math.max(1, count);
}
