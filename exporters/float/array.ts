// Float tensors at export time: a plain typed array beside its shape, NHWC, batch first.
// Everything here is written once for both precisions: float32 to calibrate, float64 to check gradients.
import type { Shape } from '#runtime';

export type FloatArray = Float32Array | Float64Array;

/** `data` is [batch, height, width, channels]. */
export interface FloatTensor {
  readonly data: FloatArray;
  readonly shape: Shape;
}

/**
 * Weights [outputs, kernelHeight, kernelWidth, inputs / groups] or [outputs, inputs]; bias [outputs]. Of a recurrent
 * layer both maps, W then U, b then c (recurrent/maps.ts). Of an embedding the vectors of 256 tokens, and no bias.
 */
export interface FloatParameters {
  readonly weights: FloatArray;
  readonly bias: FloatArray;
}

/** Zeros in the precision of `like`. */
export function zeros(like: FloatArray, length: number): FloatArray {
  return like instanceof Float64Array ? new Float64Array(length) : new Float32Array(length);
}
