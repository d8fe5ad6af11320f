// What callers hold while the numbers stay on the GPU: an activation or a gradient until it is disposed.
import { EngineError, InputError } from '#runtime';
import type { Shape } from '#runtime';

import type { QuantizedError } from './quantize-error.ts';
import type { Texture } from './texture.ts';

abstract class Handle {
  readonly batch: number;
  readonly shape: Shape;
  #texture: Texture | null;

  /** Takes the texture over. */
  constructor(texture: Texture, shape: Shape, batch: number) {
    this.#texture = texture;
    this.shape = shape;
    this.batch = batch;
  }

  get texture(): Texture {
    if (this.#texture !== null) return this.#texture;
    throw new EngineError('webgl: expected a live activation or gradient, got a disposed one');
  }

  dispose(): void {
    this.#texture?.release();
    this.#texture = null;
  }
}

/** A texture of values. */
export class ActivationHandle extends Handle {}

/** A texture of blocks. */
export class GradientHandle extends Handle {
  /** Q of it, made when it is first a source of feedback and used by every module after. */
  quantized: QuantizedError | null = null;

  override dispose(): void {
    this.quantized?.range.release();
    this.quantized?.error.release();
    this.quantized = null;
    super.dispose();
  }
}

/** The handle behind an activation of `batch` samples of `shape` that an engine gave out. */
export function activationHandle(
  activation: unknown,
  where: string,
  shape: Shape,
): ActivationHandle {
  if (!(activation instanceof ActivationHandle)) return refuse(where, 'an activation');
  return fitting(activation, where, shape, activation.batch);
}

export function gradientHandle(
  gradient: unknown,
  where: string,
  { shape, batch }: { readonly shape: Shape; readonly batch: number },
): GradientHandle {
  if (!(gradient instanceof GradientHandle)) return refuse(where, 'a gradient');
  return fitting(gradient, where, shape, batch);
}

function fitting<Own extends Handle>(handle: Own, where: string, shape: Shape, batch: number): Own {
  const fits =
    handle.batch === batch && handle.shape.every((extent, axis) => extent === shape[axis]);
  if (fits) return handle;
  throw new InputError(
    `${where}: expected ${batch} x ${shape.join('x')}, got ${handle.batch} x ${handle.shape.join('x')}; pass what fits there`,
  );
}

function refuse(where: string, expected: string): never {
  throw new InputError(`${where}: expected ${expected} of this engine, got something else`);
}
