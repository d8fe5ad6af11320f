// Samples of different lengths, and labels of every step: a file holds them in rows of equal length.
import type { LabelledSamples } from '#runtime';

import type { Samples } from './samples.ts';

/** The samples without what follows their last step; `steps` are those of a whole row. */
export function rowsOf({ x, shape, lengths }: Samples, steps: number): LabelledSamples['x'] {
  if (lengths === undefined) return x;
  const row = x.length / (shape[0] ?? 1);
  return lengths.map((length, i) => x.subarray(i * row, i * row + (length * row) / steps));
}

/** The labels of those steps, from as many a row: one array a sample where they have several. */
export function labelRows(
  labels: readonly number[],
  { shape, lengths }: Samples,
  steps: number,
): number[] | number[][] {
  const count = shape[0] ?? 1;
  const each = labels.length / count;
  if (each <= 1) return [...labels];
  return Array.from({ length: count }, (_, i) => {
    const own = Math.ceil(((lengths?.[i] ?? steps) * each) / steps);
    return labels.slice(i * each, i * each + own);
  });
}
