// The fused activation of a layer or an addition: a clamp on the quantised output, and its gate.
import type { Quantization } from '../graph/model.ts';
import type { Clamp } from '../graph/operator.ts';
import { roundHalfEven } from './requantize.ts';

export interface ClampRange {
  readonly lo: number;
  readonly hi: number;
}

/** lo = max(0, rne(f32(minimum / s)) + z), hi = min(255, rne(f32(maximum / s)) + z); 0..255 without a clamp. */
export function clampRange(clamp: Clamp | null, { scale, zeroPoint }: Quantization): ClampRange {
  if (clamp === null) return { lo: 0, hi: 255 };
  const quantum = (real: number): number =>
    roundHalfEven(Math.fround(Math.fround(real) / Math.fround(scale))) + zeroPoint;
  return {
    lo: Math.min(255, Math.max(0, quantum(clamp.minimum))),
    hi: Math.max(0, Math.min(255, quantum(clamp.maximum))),
  };
}

/**
 * g = g * gate(y) in place; gate = (y > lo or minimum = -Infinity) and (y < hi or maximum = Infinity).
 * What a relu saturates at 255 keeps its gradient, since its maximum is infinite.
 */
export function applyGate(
  gradient: Float32Array,
  output: Uint8Array,
  clamp: Clamp | null,
  quantization: Quantization,
): void {
  if (clamp === null) return;
  const { lo, hi } = clampRange(clamp, quantization);
  const above = clamp.minimum === -Infinity ? -1 : lo;
  const below = clamp.maximum === Infinity ? 256 : hi;
  for (let i = 0; i < gradient.length; i++) {
    const y = output[i]!;
    if (y <= above || y >= below) gradient[i] = 0;
  }
}
