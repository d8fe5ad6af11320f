// Failures that only the GPU notices. A step must not wait to hear of them, so they travel as codes in
// a status texel (quantize-error.ts) and become errors when something is read back anyway. Until then
// no weight changes any more.
import { EngineError } from '#runtime';

import type { Gpu } from './gpu.ts';
import type { Texture } from './texture.ts';

export class Failures {
  readonly #gpu: Gpu;
  readonly #messages: string[] = [];
  #status: Texture;

  constructor(gpu: Gpu) {
    this.#gpu = gpu;
    this.#status = gpu.upload('words', new Int32Array(4));
  }

  /** A code for a failure, from 1. `what` reads `<where>: expected <x>, got <y>`. */
  code(what: string): number {
    const cure = 'nothing was updated from there on: lower the learning rate';
    return this.#messages.push(`${what}; ${cure}`);
  }

  /** words; the third number of its first texel is the code of the first failure, or 0. Stays the failures'. */
  get status(): Texture {
    return this.#status;
  }

  /** Goes on from the status in `texture`, which stays the caller's too. */
  follow(texture: Texture): void {
    texture.retain();
    this.#status.release();
    this.#status = texture;
  }

  /** Throws the failure in what was read of the status, and forgets it. */
  check([, , code]: Int32Array): void {
    if (code === undefined || code === 0) return;
    const status = this.#status;
    this.#status = this.#gpu.upload('words', new Int32Array(4));
    status.release();
    throw new EngineError(this.#messages[code - 1] ?? `webgl: failure ${code}`);
  }

  dispose(): void {
    this.#status.release();
  }
}
