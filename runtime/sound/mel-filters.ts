// Triangles over a power spectrum, evenly spaced in mel = 2595 log10(1 + f / 700) hertz. Even steps in mel
// are equal ratios of 1 + f / 700, so their edges need a root and no logarithm.
import { root } from './basic-math.ts';

/** Weights of the bins first .. first + weights.length - 1; the others have none. */
export interface MelFilter {
  readonly first: number;
  readonly weights: Float64Array;
}

/** `bands` triangles of height 1 between `lowest` and `highest` hertz, over bins of `binWidth` hertz from 0 on. */
export function melFilters(
  bands: number,
  [lowest, highest]: readonly [lowest: number, highest: number],
  { bins, binWidth }: { readonly bins: number; readonly binWidth: number },
): MelFilter[] {
  const start = 1 + lowest / 700;
  const ratio = root((1 + highest / 700) / start, bands + 1);
  const edges = [lowest];
  for (let scale = start * ratio; edges.length < bands + 2; scale *= ratio) {
    edges.push(700 * (scale - 1));
  }
  return edges.slice(0, bands).map((left, band) => {
    const [centre, right] = [edges[band + 1]!, edges[band + 2]!];
    const first = Math.ceil(left / binWidth);
    const end = Math.min(bins, Math.floor(right / binWidth) + 1);
    const weights = Float64Array.from({ length: Math.max(0, end - first) }, (_, index) => {
      const frequency = (first + index) * binWidth;
      return Math.max(
        0,
        Math.min((frequency - left) / (centre - left), (right - frequency) / (right - centre)),
      );
    });
    return { first, weights };
  });
}
