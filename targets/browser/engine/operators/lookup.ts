import { required } from '../operator.ts';
import type { Operator } from '../operator.ts';
import type { Program } from '../program.ts';
import { itemAt, texelsOf } from '../site.ts';

// y = table[x]. table, words: texel x is [y, bits of the slope, 0, 0].
const forwardProgram = {
  name: 'lookup',
  inputs: { values: 'bytes', table: 'words' },
  integers: [],
  outputs: ['bytes'],
  body: `
void run(int i) {
  ivec4 x = ivec4(texelFetch(values, at(i), 0));
  result0 = uvec4(texelFetch(table, ivec2(x.x, 0), 0).x, texelFetch(table, ivec2(x.y, 0), 0).x,
    texelFetch(table, ivec2(x.z, 0), 0).x, texelFetch(table, ivec2(x.w, 0), 0).x);
}`,
} as const satisfies Program;

// dx = f32(dy * slope[x])
const backwardProgram = {
  name: 'lookup backward',
  inputs: { values: 'bytes', table: 'words', gradients: 'words' },
  integers: [],
  outputs: ['words'],
  body: `
void run(int i) {
  ivec4 x = ivec4(texelFetch(values, at(i), 0));
  vec4 slope = intBitsToFloat(ivec4(texelFetch(table, ivec2(x.x, 0), 0).y, texelFetch(table, ivec2(x.y, 0), 0).y,
    texelFetch(table, ivec2(x.z, 0), 0).y, texelFetch(table, ivec2(x.w, 0), 0).y));
  result0 = floatBitsToInt(mul(intBitsToFloat(texelFetch(gradients, at(i), 0)), slope));
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
      inputs: { values: itemAt(inputs, 0, 'input'), table: required(table) },
      uniforms: {},
      count: texelsOf(site.outputShape, batch),
    }),
  backward: (gpu, site, { inputs, table, gradient, batch, wanted }) => [
    wanted[0] === true
      ? gpu.make(backwardProgram, {
          inputs: {
            values: itemAt(inputs, 0, 'input'),
            table: required(table),
            gradients: gradient,
          },
          uniforms: {},
          count: texelsOf(site.outputShape, batch),
        })
      : null,
  ],
};
