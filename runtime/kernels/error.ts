// The output error, from a table so that every engine gets the same softmax.
import { expTable } from './exp-table.ts';
import { roundHalfEven } from './requantize.ts';

/**
 * softmax(logits) - targets, float32 [n, classes]; 0 where all targets are: such a position is not judged.
 * t = min(4095, rne(f32(f32(max_c L - L) * 256))), E = expTable[t], Z = sum E,
 * error = f32(f32(f32(E) / f32(Z)) - T).
 */
export function softmaxError(
  logits: Float32Array,
  targets: Float32Array,
  classes: number,
): Float32Array {
  const error = new Float32Array(logits.length);
  const row = new Int32Array(classes);
  for (let start = 0; start < logits.length; start += classes) {
    if (!isJudged(targets, start, classes)) continue;
    let largest = logits[start]!;
    for (let c = 1; c < classes; c++) largest = Math.max(largest, logits[start + c]!);
    let sum = 0;
    for (let c = 0; c < classes; c++) {
      const distance = Math.fround(Math.fround(largest - logits[start + c]!) * 256);
      row[c] = expTable[Math.min(4095, roundHalfEven(distance))]!;
      sum += row[c]!;
    }
    for (let c = 0; c < classes; c++) {
      const share = Math.fround(Math.fround(row[c]!) / Math.fround(sum));
      error[start + c] = share - targets[start + c]!;
    }
  }
  return error;
}

function isJudged(targets: Float32Array, start: number, classes: number): boolean {
  for (let c = 0; c < classes; c++) if (targets[start + c] !== 0) return true;
  return false;
}
