import type { Operator } from '../operator.ts';
import type { Program } from '../program.ts';
import { itemAt, texelsOf, present } from '../site.ts';

// y = table[x]. table, words: texel x is [y, bits of the slope, 0, 0].
const forwardProgram = {
  name: 'lookup',
  inputs: { values: 'values', table: 'words' },
  outputs: ['values'],
  body: `
uint entries(uint x) {
  ivec4 c = channelsOf(x);
  for (int b = 0; b < 4; b++) c[b] = texelFetch(table, at(c[b]), 0).x;
  return packed(c);
}
void run(int i) {
  uvec4 x = texelFetch(values, at(i), 0);
  result0 = uvec4(entries(x.x), entries(x.y), entries(x.z), entries(x.w));
}`,
} as const satisfies Program;

// dx = f32(dy * slope[x])
const backwardProgram = {
  name: 'lookup backward',
  inputs: { values: 'values', table: 'words', gradients: 'blocks' },
  outputs: ['blocks'],
  body: `
ivec4 sampleOf(int i, uint x, int s) {
  ivec4 c = channelsOf(x);
  for (int b = 0; b < 4; b++) c[b] = texelFetch(table, at(c[b]), 0).y;
  return floatBitsToInt(mul(intBitsToFloat(texelFetch(gradients, ivec3(at(i), s), 0)), intBitsToFloat(c)));
}
void run(int i) {
  uvec4 x = texelFetch(values, at(i), 0);
  result0 = sampleOf(i, x.x, 0);
  result1 = sampleOf(i, x.y, 1);
  result2 = sampleOf(i, x.z, 2);
  result3 = sampleOf(i, x.w, 3);
}`,
} as const satisfies Program;

export const lookup: Operator<'lookup'> = {
  prepare(site) {
    const words = new Int32Array(4 * 256);
    const floats = new Float32Array(words.buffer);
    site.lookup?.table.forEach((y, x) => (words[4 * x] = y));
    site.lookup?.slope.forEach((slope, x) => (floats[4 * x + 1] = slope));
    return words;
  },
  forward: (gpu, site, { inputs, table, batch }) =>
    gpu.make(forwardProgram, {
      inputs: { values: itemAt(inputs, 0), table: present(table, 'a table') },
      uniforms: {},
      count: texelsOf(site.outputShape, batch),
    }),
  backward: (gpu, site, { inputs, table, gradient, batch, wanted }) => [
    wanted[0] === true
      ? gpu.make(backwardProgram, {
          inputs: {
            values: itemAt(inputs, 0),
            table: present(table, 'a table'),
            gradients: gradient,
          },
          uniforms: {},
          count: texelsOf(site.outputShape, batch),
        })
      : null,
  ],
};
