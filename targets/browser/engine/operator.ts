// What an operator's programs look like from outside. Textures that go in stay the caller's; those
// that come out are the caller's too, fresh or with one owner more.
import type { OperatorName } from '#runtime';

import type { Gpu } from './gpu.ts';
import type { Site } from './site.ts';
import type { Texture } from './texture.ts';

export interface ForwardCall {
  /** values. */
  readonly inputs: readonly Texture[];
  readonly batch: number;
  /** What prepare made. */
  readonly table: Texture | null;
}

export interface BackwardCall extends ForwardCall {
  readonly output: Texture;
  /** blocks: float32 bits, already gated; padding holds 0. */
  readonly gradient: Texture;
  /** One per input; only these gradients are computed. */
  readonly wanted: readonly boolean[];
}

export interface Operator<Name extends OperatorName> {
  /** A table of constants in words, where the programs need one. */
  prepare?(site: Site<Name>): Int32Array;
  forward(gpu: Gpu, site: Site<Name>, call: ForwardCall): Texture;
  /** Gradients of the inputs; null where not wanted. */
  backward(gpu: Gpu, site: Site<Name>, call: BackwardCall): readonly (Texture | null)[];
}
