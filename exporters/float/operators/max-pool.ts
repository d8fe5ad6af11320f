import type { FloatOperator } from '../operator.ts';
import { windowGeometry } from '../patches.ts';

// y[p, c] = max over k of x[gather(p, k), c], padding left out
// dx[gather(p, k), c] += dy[p, c] / count  for each k with x[gather(p, k), c] = y[p, c], count of them
export const maxPool: FloatOperator<'maxPool'> = {
  forward({ attributes, batch, inputs: [input], output }) {
    const geometry = windowGeometry(input!.shape, attributes.window);
    const { table, positions, offsets, inputs, channels } = geometry;
    output.data.fill(-Infinity);
    for (let row = 0; row < batch * positions; row++) {
      const sampleStart = Math.floor(row / positions) * inputs;
      for (let k = 0; k < offsets; k++) {
        const q = table[(row % positions) * offsets + k]!;
        if (q === inputs) continue;
        const from = (sampleStart + q) * channels;
        const to = row * channels;
        for (let c = 0; c < channels; c++) {
          const x = input!.data[from + c]!;
          if (x > output.data[to + c]!) output.data[to + c] = x;
        }
      }
    }
  },
  backward({ attributes, batch, inputs: [input], output }, gradients) {
    const dx = gradients.inputs[0]!;
    if (dx === null) return;
    const geometry = windowGeometry(input!.shape, attributes.window);
    const { table, positions, offsets, inputs, channels } = geometry;
    const winners = new Int32Array(offsets);
    for (let row = 0; row < batch * positions; row++) {
      const sampleStart = Math.floor(row / positions) * inputs;
      for (let c = 0; c < channels; c++) {
        const y = output.data[row * channels + c]!;
        let count = 0;
        for (let k = 0; k < offsets; k++) {
          const q = table[(row % positions) * offsets + k]!;
          const from = (sampleStart + q) * channels + c;
          if (q !== inputs && input!.data[from] === y) winners[count++] = from;
        }
        const share = gradients.output[row * channels + c]! / count;
        for (let w = 0; w < count; w++) dx[winners[w]!]! += share;
      }
    }
  },
};
