// From a fitted or drawn matrix to what a package holds: sparse, int8, one scale per row.
import type { Feedback } from '#runtime';

import type { FeedbackForm } from './form.ts';

/** Zeros all but the largest |entries| of each row, in place; at least one stays. Ties go to the first. */
export function sparsify(matrix: Float64Array, length: number, density: number): void {
  const keep = Math.max(1, Math.round(density * length));
  for (let start = 0; start < matrix.length; start += length) {
    const row = matrix.subarray(start, start + length);
    const order = Array.from(row, (_, i) => i).toSorted(
      (i, j) => Math.abs(row[j]!) - Math.abs(row[i]!),
    );
    for (const i of order.slice(keep)) row[i] = 0;
  }
}

// B ~ scales[row] * q,  scales[row] = max |B[row]| / 127,  |q| <= 127

/** `matrix` is [rows, entries of a row], in real units. */
export function int8Feedback(form: FeedbackForm, matrix: Float64Array, rows: number): Feedback {
  return { ...form, ...int8Rows(matrix, rows) };
}

/** The same without what it is for. */
export function int8Rows(
  matrix: Float64Array,
  rows: number,
): { readonly matrix: Int8Array; readonly scales: Float32Array } {
  const length = matrix.length / rows;
  const scales = new Float32Array(rows).map((_, row) => {
    const entries = matrix.subarray(row * length, (row + 1) * length);
    const largest = entries.reduce((most, entry) => Math.max(most, Math.abs(entry)), 0);
    // Far from float32's denormal numbers; a row that small gives no gradient at any scale.
    return largest / 127 >= 2 ** -100 ? largest / 127 : 1;
  });
  const rounded = Int8Array.from(matrix, (entry, i) =>
    Math.max(-127, Math.min(127, Math.round(entry / scales[Math.floor(i / length)]!))),
  );
  return { matrix: rounded, scales };
}
