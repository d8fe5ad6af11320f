// What every call takes for granted, checked as the reference kernels check it.
import { InputError, sizeOf } from '#runtime';
import type { Shape, StepRates } from '#runtime';

/** Throws InputError unless `values` are `batch` times a value of `shape`. */
export function requireLength(
  where: string,
  values: ArrayLike<number>,
  batch: number,
  shape: Shape,
): void {
  if (!Number.isInteger(batch) || batch < 1) {
    throw new InputError(`${where}: expected a batch of at least 1, got ${batch}`);
  }
  const size = sizeOf(shape);
  if (values.length === batch * size) return;
  throw new InputError(
    `${where}: expected ${batch} x ${size} values, got ${values.length}; pass what fits there, as many as the batch`,
  );
}

export function requireRates({ rate, clip, ratio, step, seed }: StepRates): void {
  const fits =
    Number.isFinite(rate) &&
    clip >= 0 &&
    Number.isFinite(ratio) &&
    Number.isSafeInteger(step) &&
    step >= 0 &&
    Number.isSafeInteger(seed);
  if (fits) return;
  throw new InputError(
    `rates: expected a finite rate and ratio, a clip of at least 0 and integers step and seed, got ${rate}, ${ratio}, ${clip}, ${step}, ${seed}`,
  );
}
