// The gradient of a recurrent layer's input, chunk by chunk.
import { quantizeError } from '../quantize-error.ts';
import { multiplyRows } from '../window-sums.ts';
import type { RecurrentLayer } from './recurrent-layer.ts';
import { transpose } from './transpose.ts';

// e, s_e, z_e = Q(f32(d * s_w[o])) over the chunk;  dx[t, c] = f32(f32(sum over o of w[o, c] (e[o] - z_e)) * s_e)
/** Writes steps `from` on of `result`, [batch, steps, features]; `gradient` is [steps of the chunk, batch, rows]. */
export function writeInputGradient(
  { maps, rows, features, steps, name }: RecurrentLayer,
  gradient: Float32Array,
  batch: number,
  from: number,
  result: Float32Array,
): void {
  const { weights, weightScales } = maps.input;
  const scaled = gradient.map((d, i) => d * weightScales[i % rows]!);
  const { values, scale, zeroPoint } = quantizeError(scaled, name);
  const matrix = transpose(weights, features);
  const [column, sums] = [new Int32Array(rows), new Int32Array(features)];
  for (let row = 0; row < values.length / rows; row++) {
    for (let o = 0; o < rows; o++) column[o] = values[row * rows + o]! - zeroPoint;
    multiplyRows(matrix, column, sums);
    const at = ((row % batch) * steps + from + Math.trunc(row / batch)) * features;
    for (let c = 0; c < features; c++) result[at + c] = Math.fround(sums[c]!) * scale;
  }
}
