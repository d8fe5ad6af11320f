// Gated ridge regression: the feedback whose gradient is closest to the true one wherever a gate lets
// it pass. For row c of the matrix, over observations i with error d_i, gate w_i (the number of open
// gates of channel c in the cell) and r_i = sum over the cell of gate * true gradient:
//   B_c = argmin sum_i sum_{p in cell} gate_p (g_p - B_c d_i)^2 + lambda_c |B_c|^2
//       = (A_c + lambda_c I)^-1 sum_i r_i d_i,   A_c = sum_i w_i d_i d_i^T
//   lambda_c = lambda * mean diag(A_c) + 1e-4 * the mean of that over all rows
// The second part of lambda_c keeps a row whose gate never opened at zero.
import { multiplyAdd } from '../float/multiply.ts';
import { solveCholesky } from './cholesky.ts';
import type { Evidence } from './evidence.ts';

/** [rows, length]. Zeros where there was no error at all. */
export function fitRidge(evidence: Evidence, lambda: number): Float64Array {
  const { form, rows, length, paddedLength } = evidence;
  const matrix = new Float64Array(rows * length);
  const power = diagonalMeans(evidence);
  const meanPower = power.reduce((sum, p) => sum + p, 0) / rows;
  if (meanPower === 0) return matrix;
  for (let row = 0; row < rows; row++) {
    const group = Math.floor((row * form.groups) / rows);
    const { gram, moment } = normalEquations(evidence, row, group);
    const ridge = lambda * power[row]! + 1e-4 * meanPower;
    for (let i = 0; i < length; i++) gram[i * paddedLength + i]! += ridge;
    solveCholesky(gram, moment, { size: length, stride: paddedLength });
    matrix.set(moment.subarray(0, length), row * length);
  }
  return matrix;
}

/** Observations multiplied at a time. */
const panelRows = 64;

/** A_c, [paddedLength, paddedLength], and sum_i r_i d_i. */
function normalEquations(
  { form, rows, length, paddedLength, errors, gates, gradients, observations }: Evidence,
  row: number,
  group: number,
): { gram: Float64Array; moment: Float64Array } {
  const gram = new Float64Array(paddedLength * paddedLength);
  const moment = new Float64Array(paddedLength);
  const plain = new Float64Array(panelRows * paddedLength);
  const weighted = new Float64Array(panelRows * paddedLength);
  let filled = 0;
  const flush = (): void => {
    const transposed = { data: plain, rowStride: 1, innerStride: paddedLength };
    const size = { rows: paddedLength, inner: filled, columns: paddedLength };
    multiplyAdd(transposed, weighted, gram, size);
    filled = 0;
  };
  for (let i = 0; i < observations; i++) {
    const weight = gates[i * rows + row]!;
    if (weight === 0) continue; // then r_i is 0 too
    const response = gradients[i * rows + row]!;
    const from = (i * form.groups + group) * paddedLength;
    const to = filled * paddedLength;
    for (let d = 0; d < length; d++) {
      const error = errors[from + d]!;
      plain[to + d] = error;
      weighted[to + d] = weight * error;
      moment[d]! += response * error;
    }
    if (++filled === panelRows) flush();
  }
  flush();
  return { gram, moment };
}

/** Mean of the diagonal of each row's A. */
function diagonalMeans(evidence: Evidence): Float64Array {
  const { form, rows, length, paddedLength, errors, gates, observations } = evidence;
  const means = new Float64Array(rows);
  const rowsPerGroup = rows / form.groups;
  for (let i = 0; i < observations; i++) {
    for (let group = 0; group < form.groups; group++) {
      const from = (i * form.groups + group) * paddedLength;
      let square = 0;
      for (let d = 0; d < length; d++) square += errors[from + d]! ** 2;
      for (let row = group * rowsPerGroup; row < (group + 1) * rowsPerGroup; row++) {
        means[row]! += (gates[i * rows + row]! * square) / length;
      }
    }
  }
  return means;
}
