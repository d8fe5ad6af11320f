// Scaling along one axis by a triangle filter: linear interpolation where there are more samples
// after than before, and a mean weighted towards the middle where there are fewer, so that detail too
// fine for the result does not alias. The weights are those of Pillow's BILINEAR.

/** One output is the sum of weights[i] * input[first + i]. */
export interface Taps {
  readonly first: number;
  readonly weights: Float64Array;
}

/** Taps of `outputs` samples that evenly cover the inputs [start, start + length); length need not be whole. */
export function filterTaps(start: number, length: number, outputs: number): Taps[] {
  const scale = length / outputs;
  const reach = Math.max(scale, 1);
  const last = Math.ceil(start + length);
  return Array.from({ length: outputs }, (_, output) => {
    const center = start + (output + 0.5) * scale;
    const first = Math.max(start, Math.floor(center - reach + 0.5));
    const end = Math.min(last, Math.floor(center + reach + 0.5));
    const weights = Float64Array.from({ length: end - first }, (__, index) =>
      Math.max(0, 1 - Math.abs(first + index + 0.5 - center) / reach),
    );
    const sum = weights.reduce((total, weight) => total + weight, 0);
    return { first, weights: weights.map((weight) => weight / sum) };
  });
}
