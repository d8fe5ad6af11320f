import type { FloatOperator } from '../operator.ts';

// y[p] = [a[p], b[p], ...];  each input's gradient += its slice of dy
export const concat: FloatOperator<'concat'> = {
  forward({ inputs, output }) {
    const width = output.shape[2];
    let offset = 0;
    for (const { data, shape } of inputs) {
      const channels = shape[2];
      for (let from = 0, to = offset; from < data.length; from += channels, to += width) {
        output.data.set(data.subarray(from, from + channels), to);
      }
      offset += channels;
    }
  },
  backward({ inputs, output }, gradients) {
    const width = output.shape[2];
    let offset = 0;
    for (const [index, { shape }] of inputs.entries()) {
      const channels = shape[2];
      const dx = gradients.inputs[index]!;
      if (dx !== null) {
        for (let i = 0; i < dx.length; i++) {
          dx[i]! += gradients.output[Math.floor(i / channels) * width + offset + (i % channels)]!;
        }
      }
      offset += channels;
    }
  },
};
