import { gatherTable } from '#runtime';

import { eachSample } from '../each-sample.ts';
import type { Operator } from '../operator.ts';
import type { Program } from '../program.ts';
import {
  inputQuantization,
  inputShape,
  itemAt,
  outputQuantization,
  texelsOf,
  present,
} from '../site.ts';
import type { Site } from '../site.ts';
import { places } from '../window.ts';
import { forEachReach, forEachRead, poolUniforms } from './pool.ts';

// y = rne(f32(f32(sum over k of (x[gather(p, k), c] - z_x)) * m[p])) + z_y, clamped to 0..255
// table, words: texel p is [bits of m[p], bits of r[p], 0, 0]; m[p] = f32(s_x / f32(s_y * count[p])), r[p] = f32(1 / count[p])
const forwardProgram = {
  name: 'average pool',
  inputs: { values: 'values', table: 'words' },
  outputs: ['values'],
  body: `${places}
uint mean(ivec4 sum, vec4 m) {
  return packed(clamp(roundHalfEven(mul(toFloat(sum), m)) + outputZero, ivec4(0), ivec4(255)));
}
void run(int i) {
  Place at0 = placeOf(i, outputHeight, outputWidth, channelQuads);
  ${eachSample('ivec4 s# = ivec4(0);')}
  ${forEachRead(`uvec4 v = texelFetch(values, at(from), 0);
      ${eachSample('s# += channelsOf(v.@) - inputZero;')}`)}
  vec4 m = vec4(intBitsToFloat(texelFetch(table, at(at0.y * outputWidth + at0.x), 0).x));
  result0 = uvec4(mean(s0, m), mean(s1, m), mean(s2, m), mean(s3, m));
}`,
} as const satisfies Program;

// dx[q, c] = sum over k ascending of f32(dy[scatter(q, k), c] * r[scatter(q, k)])
const backwardProgram = {
  name: 'average pool backward',
  inputs: { gradients: 'blocks', table: 'words' },
  outputs: ['blocks'],
  body: `${places}
ivec4 sampleOf(int i, int s) {
  Place q = placeOf(i, inputHeight, inputWidth, channelQuads);
  vec4 sum = vec4(0.0);
  ${forEachReach(`
      float r = intBitsToFloat(texelFetch(table, at(py * outputWidth + px), 0).y);
      sum = add(sum, mul(intBitsToFloat(texelFetch(gradients, ivec3(at(from), s), 0)), vec4(r)));`)}
  return floatBitsToInt(sum);
}
void run(int i) {
  ${eachSample('result# = sampleOf(i, #);')}
}`,
} as const satisfies Program;

export const averagePool: Operator<'averagePool'> = {
  prepare(site) {
    const counts = countsOf(site);
    const [x, y] = [inputQuantization(site), outputQuantization(site)];
    const table = new Float32Array(4 * counts.length);
    counts.forEach((count, p) => {
      table[4 * p] = Math.fround(x.scale) / Math.fround(Math.fround(y.scale) * count);
      table[4 * p + 1] = 1 / count;
    });
    return new Int32Array(table.buffer);
  },
  forward: (gpu, site, { inputs, table, batch }) =>
    gpu.make(forwardProgram, {
      inputs: { values: itemAt(inputs, 0), table: present(table, 'a table') },
      uniforms: {
        ...poolUniforms(site),
        inputZero: inputQuantization(site).zeroPoint,
        outputZero: outputQuantization(site).zeroPoint,
      },
      count: texelsOf(site.outputShape, batch),
    }),
  backward: (gpu, site, { table, gradient, batch, wanted }) => [
    wanted[0] === true
      ? gpu.make(backwardProgram, {
          inputs: { gradients: gradient, table: present(table, 'a table') },
          uniforms: poolUniforms(site),
          count: texelsOf(inputShape(site), batch),
        })
      : null,
  ],
};

/** count[p]: offsets inside the input, all of them with countPadding; at least 1. */
function countsOf({
  attributes,
  inputShapes: [input],
  outputShape,
}: Site<'averagePool'>): Int32Array {
  const { window, countPadding } = attributes;
  const offsets = window.kernel[0] * window.kernel[1];
  const counts = new Int32Array(outputShape[0] * outputShape[1]);
  if (countPadding || input === undefined) return counts.fill(offsets);
  for (const [entry, q] of gatherTable(input, window).entries()) {
    const p = Math.floor(entry / offsets);
    if (q < input[0] * input[1]) counts[p] = (counts[p] ?? 0) + 1;
  }
  return counts.map((count) => Math.max(1, count));
}
