// The gradients of values on the way back through a range. What a value's users give is added, last user first, and
// what a layer gives is made as late as can be: by then much of what lived beside it is gone, and two layers share a draw.
import type { ValueId } from '#runtime';

import type { Gpu } from './gpu.ts';
import { summed } from './gradient.ts';
import { inputGradient, releasePart } from './input-gradient.ts';
import type { LayerPart } from './input-gradient.ts';
import type { Texture } from './texture.ts';

export class ValueGradients {
  readonly #gpu: Gpu;
  readonly #batch: number;
  /** By the users passed so far, but for the part. */
  readonly #sums = new Map<ValueId, Texture>();
  /** Of the last user passed, where that is a layer. */
  readonly #parts = new Map<ValueId, LayerPart>();

  constructor(gpu: Gpu, batch: number) {
    this.#gpu = gpu;
    this.#batch = batch;
  }

  /** Takes the gradient by the next user over. */
  add(value: ValueId, gradient: Texture): void {
    this.#make(value);
    const sum = this.#sums.get(value);
    this.#sums.set(value, sum === undefined ? gradient : summed(this.#gpu, sum, gradient));
    if (sum === undefined) return;
    sum.release();
    gradient.release();
  }

  /** Takes over what the next user, a layer, gives. */
  addPart(value: ValueId, part: LayerPart): void {
    if (this.#sums.has(value)) this.#make(value);
    if (this.#parts.has(value)) this.#make(value, part);
    else this.#parts.set(value, part);
  }

  /** The gradient of a value whose users have all been passed, the caller's; null where none gave one. */
  take(value: ValueId): Texture | null {
    this.#make(value);
    const sum = this.#sums.get(value) ?? null;
    this.#sums.delete(value);
    return sum;
  }

  release(): void {
    for (const texture of this.#sums.values()) texture.release();
    for (const part of this.#parts.values()) releasePart(part);
  }

  #make(value: ValueId, second: LayerPart | null = null): void {
    const part = this.#parts.get(value);
    if (part === undefined) return;
    this.#parts.delete(value);
    const gradient = inputGradient(this.#gpu, part, second, this.#batch);
    releasePart(part);
    if (second !== null) releasePart(second);
    this.add(value, gradient);
  }
}
