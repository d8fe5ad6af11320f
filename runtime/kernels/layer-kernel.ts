// What layers have beyond the other operators: logits and a gradient of their weights.
import type { LayerName } from '../graph/operator.ts';
import type { Kernel } from './kernel.ts';
import type { Site } from './site.ts';

/** A weight gradient, in integers but for recurrent layers: real gradient = errorScale * s_x * weights, errorScale * bias. */
export interface LayerGradient {
  readonly weights: Int32Array | Float32Array;
  readonly bias: Int32Array | Float32Array;
  readonly errorScale: number;
}

export interface LayerKernel<Name extends LayerName> extends Kernel<Name> {
  /** float32 [n, positions, o] without rounding to a quantised output. */
  logits(site: Site<Name>, input: Uint8Array, batch: number): Float32Array;
  /** From the gated gradient of the output. */
  weightGradient(
    site: Site<Name>,
    input: Uint8Array,
    gradient: Float32Array,
    batch: number,
  ): LayerGradient;
}
