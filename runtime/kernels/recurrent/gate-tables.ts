// The squashing functions of recurrent cells as tables, so that every engine gets the same gates.
import { quantize, roundHalfEven } from '../requantize.ts';

const entries = 4096;
const at = (i: number): number => (i - entries / 2) / 256;

/** A sigmoid in steps of 1/256, i - 2048 of them: round(65536 / (1 + exp(-x))) / 65536, exact in float32. */
export const sigmaTable: Float32Array = Float32Array.from(
  { length: entries },
  (_, i) => Math.round(65_536 / (1 + Math.exp(-at(i)))) / 65_536,
);

/** -log of the same sigmoid in steps of 1/4096: round(4096 * log(1 + exp(-x))). */
export const decayTable: Int32Array = Int32Array.from({ length: entries }, (_, i) =>
  Math.round(4096 * Math.log1p(Math.exp(-at(i)))),
);

/** Entry of the tables for v, in steps: min(2047, max(-2048, rne(v))) + 2048. */
export function entryOf(v: number): number {
  return Math.min(2047, Math.max(-2048, roundHalfEven(v))) + 2048;
}

/** tanh(x) = 2 sigmoid(2x) - 1 for the entry of 2x; exact in float32. */
export function tanhAt(entry: number): number {
  return 2 * sigmaTable[entry]! - 1;
}

/** A hidden state in hiddenQuantization: min(255, max(0, rne(f32(y * 128)) + 128)). */
export function quantizeHidden(y: number): number {
  return quantize(Math.fround(y * 128), 128, 0, 255);
}
