import type { Tensor } from 'onnxruntime-node';

import { EngineError } from '#runtime';
import type { DeviceActivation, Gradient } from '#runtime';

import { detach } from './detach.ts';

/** An activation or a gradient. It owns its buffer, and frees it when disposed, not when collected. */
export class DeviceTensor implements DeviceActivation, Gradient {
  readonly batch: number;
  #tensor: Tensor | null;

  constructor(tensor: Tensor) {
    this.batch = tensor.dims[0] ?? 0;
    this.#tensor = tensor;
  }

  get tensor(): Tensor {
    if (this.#tensor !== null) return this.#tensor;
    throw new EngineError(
      'onnxruntime: expected a live activation or gradient, got a disposed one',
    );
  }

  dispose(): void {
    if (this.#tensor !== null) detach([this.#tensor]);
    this.#tensor = null;
  }
}
