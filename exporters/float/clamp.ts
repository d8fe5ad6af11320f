import type { Clamp } from '#runtime';

import type { FloatArray } from './array.ts';

// y = min(maximum, max(minimum, z))

/** Clamps in place. */
export function clampInPlace(values: FloatArray, clamp: Clamp | null): void {
  if (clamp === null) return;
  const { minimum, maximum } = clamp;
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (value < minimum) values[i] = minimum;
    else if (value > maximum) values[i] = maximum;
  }
}

// dz = dy where minimum < y < maximum, else 0

/** The gradient before the clamp that made `output`: a new array, or `gradient` itself without a clamp. */
export function gateGradient(
  gradient: FloatArray,
  output: FloatArray,
  clamp: Clamp | null,
): FloatArray {
  if (clamp === null) return gradient;
  const { minimum, maximum } = clamp;
  const gated = gradient.slice();
  for (let i = 0; i < gated.length; i++) {
    const y = output[i]!;
    if (y <= minimum || y >= maximum) gated[i] = 0;
  }
  return gated;
}
