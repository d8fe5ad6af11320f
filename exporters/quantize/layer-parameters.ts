// int8 weights, symmetric per output channel, and the int32 bias that goes with them.
import type { LayerParameters } from '#runtime';

import type { FloatParameters } from '../float/array.ts';
import { roundHalfEven } from './round-half-even.ts';

/** Half the int32 range: the other half is for the sum of products. */
const largestBias = 2 ** 30;

/** Products of scales stay far from float32's denormal numbers, which engines may flush to zero. */
const smallestScale = 2 ** -40;

export interface LayerOptions {
  readonly inputScale: number;
  readonly weightLimit: 64 | 127;
  /** Told, in words, where an output channel could not be kept as precise as the others. */
  readonly onNote: (note: string) => void;
}

/** real weight ~ weightScales[o] * weights[o, ...]; real bias ~ inputScale * weightScales[o] * bias[o]. */
export function quantizeLayer(
  { weights, bias }: FloatParameters,
  { inputScale, weightLimit, onNote }: LayerOptions,
): LayerParameters {
  const outputs = bias.length;
  const fan = weights.length / outputs;
  const weightScales = rowScales(weights, fan, weightLimit);
  for (let o = 0; o < outputs; o++) {
    // A bias so large beside its weights that it would overflow: coarser weights are no loss then.
    const needed = Math.fround(Math.abs(bias[o]!) / (largestBias * inputScale));
    if (needed <= weightScales[o]!) continue;
    weightScales[o] = needed;
    onNote(
      `output ${o}: the bias ${bias[o]} is far larger than its weights, which are now coarser`,
    );
  }
  return {
    weightScales,
    weights: Int8Array.from(weights, (weight, i) => {
      const rounded = roundHalfEven(weight / weightScales[Math.floor(i / fan)]!);
      return Math.max(-weightLimit, Math.min(weightLimit, rounded));
    }),
    bias: Int32Array.from(bias, (b, o) => {
      const rounded = roundHalfEven(b / (inputScale * weightScales[o]!));
      return Math.max(-largestBias, Math.min(largestBias, rounded));
    }),
  };
}

/** The largest weight of each row at the limit; a row of zeros (a spare class) takes the median of the others. */
function rowScales(weights: ArrayLike<number>, fan: number, weightLimit: number): Float32Array {
  const scales = new Float32Array(weights.length / fan).map((_, o) => {
    let largest = 0;
    for (let i = o * fan; i < (o + 1) * fan; i++)
      largest = Math.max(largest, Math.abs(weights[i]!));
    return largest / weightLimit;
  });
  const sorted = scales.filter((scale) => scale >= smallestScale).toSorted();
  const median = sorted[sorted.length >> 1] ?? 1 / weightLimit;
  return scales.map((scale) => (scale >= smallestScale ? scale : median));
}
