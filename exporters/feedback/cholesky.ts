// Solves A x = b for a symmetric positive definite A, in float64.

// A = L L^T:  L[i, j] = (A[i, j] - sum over k < j of L[i, k] L[j, k]) / L[j, j],  L[j, j] by a square root
// L y = b from the first row down, then L^T x = y from the last row up

/**
 * Overwrites the lower triangle of `a`, [size, size], with L, and `b` with x. `stride` is the length of a
 * row of `a`. Throws RangeError where A is not positive definite.
 */
export function solveCholesky(
  a: Float64Array,
  b: Float64Array,
  { size, stride = size }: { readonly size: number; readonly stride?: number },
): void {
  for (let j = 0; j < size; j++) {
    for (let i = j; i < size; i++) {
      let sum = a[i * stride + j]!;
      for (let k = 0; k < j; k++) sum -= a[i * stride + k]! * a[j * stride + k]!;
      if (i > j) {
        a[i * stride + j] = sum / a[j * stride + j]!;
      } else if (sum > 0) {
        a[j * stride + j] = Math.sqrt(sum);
      } else {
        throw new RangeError(`cholesky: expected a positive definite matrix, got ${sum} at ${j}`);
      }
    }
  }
  for (let i = 0; i < size; i++) {
    let sum = b[i]!;
    for (let k = 0; k < i; k++) sum -= a[i * stride + k]! * b[k]!;
    b[i] = sum / a[i * stride + i]!;
  }
  for (let i = size - 1; i >= 0; i--) {
    let sum = b[i]!;
    for (let k = i + 1; k < size; k++) sum -= a[k * stride + i]! * b[k]!;
    b[i] = sum / a[i * stride + i]!;
  }
}
