import type { FloatOperator } from '../operator.ts';
import type { PatchGeometry } from '../patches.ts';
import { windowGeometry } from '../patches.ts';

// y[p, c] = r[p] sum over k of x[gather(p, k), c],  r[p] = 1 / positions of the window that count
// dx[gather(p, k), c] += r[p] dy[p, c]
export const averagePool: FloatOperator<'averagePool'> = {
  forward({ attributes, batch, inputs: [input], output }) {
    const geometry = windowGeometry(input!.shape, attributes.window);
    const { table, positions, offsets, inputs, channels } = geometry;
    const reciprocals = reciprocalCounts(geometry, attributes.countPadding);
    const sums = new Float64Array(channels);
    for (let row = 0; row < batch * positions; row++) {
      const p = row % positions;
      const sampleStart = Math.floor(row / positions) * inputs;
      sums.fill(0);
      for (let k = 0; k < offsets; k++) {
        const q = table[p * offsets + k]!;
        if (q === inputs) continue;
        const from = (sampleStart + q) * channels;
        for (let c = 0; c < channels; c++) sums[c]! += input!.data[from + c]!;
      }
      for (let c = 0; c < channels; c++)
        output.data[row * channels + c] = sums[c]! * reciprocals[p]!;
    }
  },
  backward({ attributes, batch, inputs: [input] }, gradients) {
    const dx = gradients.inputs[0]!;
    if (dx === null) return;
    const geometry = windowGeometry(input!.shape, attributes.window);
    const { table, positions, offsets, inputs, channels } = geometry;
    const reciprocals = reciprocalCounts(geometry, attributes.countPadding);
    for (let row = 0; row < batch * positions; row++) {
      const p = row % positions;
      const sampleStart = Math.floor(row / positions) * inputs;
      for (let k = 0; k < offsets; k++) {
        const q = table[p * offsets + k]!;
        if (q === inputs) continue;
        const to = (sampleStart + q) * channels;
        const from = row * channels;
        for (let c = 0; c < channels; c++) {
          dx[to + c]! += gradients.output[from + c]! * reciprocals[p]!;
        }
      }
    }
  },
};

function reciprocalCounts(
  { table, positions, offsets, inputs }: PatchGeometry,
  countPadding: boolean,
): Float64Array {
  return new Float64Array(positions).map((_, p) => {
    if (countPadding) return 1 / offsets;
    const window = table.subarray(p * offsets, (p + 1) * offsets);
    return 1 / window.filter((q) => q !== inputs).length;
  });
}
