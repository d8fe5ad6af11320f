// Q(g): a float32 gradient as uint8 over its own range, as ONNX DynamicQuantizeLinear does it.
import { EngineError } from '../errors.ts';
import { quantize, roundHalfEven } from './requantize.ts';

export interface QuantizedError {
  readonly values: Uint8Array;
  readonly scale: number;
  readonly zeroPoint: number;
}

/**
 * a = min(0, min g), b = max(0, max g), s = f32(f32(b - a) / 255) or 1 where that is 0,
 * z = rne(min(255, max(0, f32(0 - f32(a / s))))), d = min(255, max(0, rne(f32(g / s)) + z)).
 * Throws EngineError naming `where` if g holds a NaN, an infinity, or too wide a range.
 */
export function quantizeError(gradient: Float32Array, where: string): QuantizedError {
  const values = new Uint8Array(gradient.length);
  return { values, ...quantizeErrorInto(values, gradient, where) };
}

/** The same into `values`, which is as long as `gradient`. */
export function quantizeErrorInto(
  values: Uint8Array,
  gradient: Float32Array,
  where: string,
): Omit<QuantizedError, 'values'> {
  let a = 0;
  let b = 0;
  let finite = 0; // x - x is NaN for a NaN or an infinity, and the sum stays so
  for (let i = 0; i < gradient.length; i++) {
    const g = gradient[i]!;
    finite += g - g;
    if (g < a) a = g;
    if (g > b) b = g;
  }
  const scale = Math.fround(Math.fround(b - a) / 255) || 1;
  if (Number.isNaN(finite) || scale === Infinity) {
    throw new EngineError(
      `${where}: expected a finite gradient, got a NaN or an infinity; nothing was updated: lower the learning rate`,
    );
  }
  const zeroPoint = roundHalfEven(Math.min(255, Math.max(0, Math.fround(-Math.fround(a / scale)))));
  for (let i = 0; i < values.length; i++) {
    values[i] = quantize(Math.fround(gradient[i]! / scale), zeroPoint, 0, 255);
  }
  return { scale, zeroPoint };
}
