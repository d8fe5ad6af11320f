// What callers hold while the numbers stay here: an activation or a gradient until it is disposed.
import type { Sequence } from '../engine.ts';
import { EngineError, InputError } from '../errors.ts';

export class Handle<Values extends Uint8Array | Float32Array> {
  readonly batch: number;
  /** Of an activation: how its samples start. */
  readonly sequence: Sequence | undefined;
  #values: Values | null;

  constructor(batch: number, values: Values, sequence?: Sequence) {
    this.batch = batch;
    this.sequence = sequence;
    this.#values = values;
  }

  get values(): Values {
    if (this.#values !== null) return this.#values;
    throw new EngineError('kernels: expected a live activation or gradient, got a disposed one');
  }

  dispose(): void {
    this.#values = null;
  }
}

/** The values behind an activation that this engine gave out. */
export function activationValues(activation: unknown, where: string): Uint8Array {
  const values: unknown = activation instanceof Handle ? activation.values : null;
  return values instanceof Uint8Array ? values : refuse(where, 'an activation');
}

/** How the samples of an activation of this engine start. */
export function sequenceOf(activation: unknown): Sequence | undefined {
  return activation instanceof Handle ? activation.sequence : undefined;
}

/** The values behind a gradient that this engine gave out. */
export function gradientValues(gradient: unknown, where: string): Float32Array {
  const values: unknown = gradient instanceof Handle ? gradient.values : null;
  return values instanceof Float32Array ? values : refuse(where, 'a gradient');
}

function refuse(where: string, expected: string): never {
  throw new InputError(`${where}: expected ${expected} of this engine, got something else`);
}

/** `values`, if they are `batch` times `size`. */
export function requireLength<Values extends Uint8Array | Float32Array>(
  where: string,
  values: Values,
  batch: number,
  size: number,
): Values {
  if (!Number.isInteger(batch) || batch < 1) {
    throw new InputError(`${where}: expected a batch of at least 1, got ${batch}`);
  }
  if (values.length === batch * size) return values;
  throw new InputError(
    `${where}: expected ${batch} x ${size} values, got ${values.length}; pass what fits there, as many as the batch`,
  );
}
