import type { Tensor } from 'onnxruntime-node';

import { EngineError } from '#runtime';
import type { DeviceActivation, Gradient, Sequence } from '#runtime';

import { detach } from './detach.ts';

interface Ownership {
  /** The buffers are the caller's: disposing leaves them. */
  readonly isBorrowed: boolean;
}

/** Tensors of one batch. It owns their buffers unless they are borrowed, and frees them when disposed, not when collected. */
class DeviceTensors<Name extends string> {
  readonly batch: number;
  readonly #isBorrowed: boolean;
  #tensors: Readonly<Record<Name, Tensor>> | null;

  constructor(
    batch: number,
    tensors: Readonly<Record<Name, Tensor>>,
    { isBorrowed }: Ownership = { isBorrowed: false },
  ) {
    this.batch = batch;
    this.#isBorrowed = isBorrowed;
    this.#tensors = tensors;
  }

  get tensors(): Readonly<Record<Name, Tensor>> {
    if (this.#tensors !== null) return this.#tensors;
    throw new EngineError(
      'onnxruntime: expected a live activation or gradient, got a disposed one',
    );
  }

  dispose(): void {
    if (this.#tensors !== null && !this.#isBorrowed) detach(Object.values(this.#tensors));
    this.#tensors = null;
  }
}

/** `x` is uint8 [batch, height, width, channels]. */
export class OnnxActivation extends DeviceTensors<'x'> implements DeviceActivation {
  /** How its sequences started, handed on from activation to activation. */
  readonly sequence: Sequence | undefined;

  constructor(x: Tensor, sequence?: Sequence, ownership?: Ownership) {
    super(x.dims[0] ?? 0, { x }, ownership);
    this.sequence = sequence;
  }
}

/**
 * By the inputs of programs they are fed to: `gradient` float32 to replay, `source`, `sourceScale` and
 * `sourceZero` to take feedback from; what the plan makes no use of is not there.
 */
export class OnnxGradient extends DeviceTensors<string> implements Gradient {}
