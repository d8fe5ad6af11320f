// One filter per channel, no multiplier. There is no matrix product in it, so the loops run along the
// channels, which are contiguous, with float64 sums.
import type { FloatArray, FloatParameters } from './array.ts';
import type { PatchGeometry } from './patches.ts';

interface DepthwiseCall {
  readonly geometry: PatchGeometry;
  readonly batch: number;
  readonly parameters: FloatParameters;
}

// y[p, c] = b[c] + sum over k of w[c, k] x[gather(p, k), c]

/** Writes all of `y`. */
export function depthwiseForward(
  { geometry, batch, parameters }: DepthwiseCall,
  x: FloatArray,
  y: FloatArray,
): void {
  const { table, positions, offsets, inputs, channels } = geometry;
  const weights = transposed(parameters.weights, channels, offsets);
  const bias = Float64Array.from(parameters.bias);
  const sums = new Float64Array(channels);
  for (let row = 0; row < batch * positions; row++) {
    const sampleStart = Math.floor(row / positions) * inputs;
    const entry = (row % positions) * offsets;
    sums.set(bias);
    for (let k = 0; k < offsets; k++) {
      const q = table[entry + k]!;
      if (q === inputs) continue;
      const from = (sampleStart + q) * channels;
      const w = k * channels;
      for (let c = 0; c < channels; c++) sums[c]! += x[from + c]! * weights[w + c]!;
    }
    y.set(sums, row * channels);
  }
}

// dw[c, k] = sum over p of dz[p, c] x[gather(p, k), c];  db[c] = sum over p of dz[p, c]
// dx[gather(p, k), c] += dz[p, c] w[c, k]

/** Adds to dx and to the parameter gradients, where they are given. `dz` is before the clamp. */
export function depthwiseBackward(
  { geometry, batch, parameters }: DepthwiseCall,
  x: FloatArray,
  dz: FloatArray,
  gradients: { readonly input: FloatArray | null; readonly parameters: FloatParameters | null },
): void {
  const { table, positions, offsets, inputs, channels } = geometry;
  const weights = transposed(parameters.weights, channels, offsets);
  const weightGradient = new Float64Array(offsets * channels);
  const biasGradient = new Float64Array(channels);
  const dx = gradients.input;
  for (let row = 0; row < batch * positions; row++) {
    const sampleStart = Math.floor(row / positions) * inputs;
    const entry = (row % positions) * offsets;
    const error = row * channels;
    for (let c = 0; c < channels; c++) biasGradient[c]! += dz[error + c]!;
    for (let k = 0; k < offsets; k++) {
      const q = table[entry + k]!;
      if (q === inputs) continue;
      const from = (sampleStart + q) * channels;
      const w = k * channels;
      for (let c = 0; c < channels; c++) weightGradient[w + c]! += dz[error + c]! * x[from + c]!;
      if (dx === null) continue;
      for (let c = 0; c < channels; c++) dx[from + c]! += dz[error + c]! * weights[w + c]!;
    }
  }
  if (gradients.parameters === null) return;
  gradients.parameters.weights.set(transposed(weightGradient, offsets, channels));
  gradients.parameters.bias.set(biasGradient);
}

/** [rows, columns] -> [columns, rows]. */
function transposed(matrix: FloatArray, rows: number, columns: number): Float64Array {
  const result = new Float64Array(rows * columns);
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < columns; c++) result[c * rows + r] = matrix[r * columns + c]!;
  }
  return result;
}
