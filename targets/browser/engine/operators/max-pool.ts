import { eachSample } from '../each-sample.ts';
import type { Operator } from '../operator.ts';
import type { Program } from '../program.ts';
import { inputShape, itemAt, texelsOf } from '../site.ts';
import { places } from '../window.ts';
import { forEachReach, forEachRead, poolUniforms } from './pool.ts';

// y[p, c] = max over k of x[gather(p, k), c], padding left out; 0 for a window of padding alone
const forwardProgram = {
  name: 'max pool',
  inputs: { values: 'values' },
  outputs: ['values'],
  body: `${places}
void run(int i) {
  Place at0 = placeOf(i, outputHeight, outputWidth, channelQuads);
  ${eachSample('ivec4 m# = ivec4(0);')}
  ${forEachRead(`uvec4 v = texelFetch(values, at(from), 0);
      ${eachSample('m# = max(m#, channelsOf(v.@));')}`)}
  result0 = uvec4(packed(m0), packed(m1), packed(m2), packed(m3));
}`,
} as const satisfies Program;

// share[p, c] = f32(dy[p, c] / number of k with x[gather(p, k), c] = y[p, c])
const shareProgram = {
  name: 'max pool shares',
  inputs: { values: 'values', maxima: 'values', gradients: 'blocks' },
  outputs: ['blocks'],
  body: `${places}
ivec4 sampleOf(int i, int s) {
  Place at0 = placeOf(i, outputHeight, outputWidth, channelQuads);
  ivec4 largest = channelsOf(texelFetch(maxima, at(i), 0)[s]);
  ivec4 winners = ivec4(0);
  ${forEachRead('winners += ivec4(equal(channelsOf(texelFetch(values, at(from), 0)[s]), largest));')}
  vec4 g = intBitsToFloat(texelFetch(gradients, ivec3(at(i), s), 0));
  for (int c = 0; c < 4; c++) {
    if (winners[c] > 1) g[c] = divide(g[c], float(winners[c]));
  }
  return floatBitsToInt(g);
}
void run(int i) {
  ${eachSample('result# = sampleOf(i, #);')}
}`,
} as const satisfies Program;

// dx[q, c] = sum over k ascending of share[scatter(q, k), c] where x[q, c] = y[scatter(q, k), c]
const backwardProgram = {
  name: 'max pool backward',
  inputs: { values: 'values', maxima: 'values', shares: 'blocks' },
  outputs: ['blocks'],
  body: `${places}
ivec4 sampleOf(int i, int s) {
  Place q = placeOf(i, inputHeight, inputWidth, channelQuads);
  ivec4 x = channelsOf(texelFetch(values, at(i), 0)[s]);
  vec4 sum = vec4(0.0);
  ${forEachReach(`
      vec4 share = intBitsToFloat(texelFetch(shares, ivec3(at(from), s), 0));
      ivec4 y = channelsOf(texelFetch(maxima, at(from), 0)[s]);
      sum = add(sum, mix(vec4(0.0), share, equal(x, y)));`)}
  return floatBitsToInt(sum);
}
void run(int i) {
  ${eachSample('result# = sampleOf(i, #);')}
}`,
} as const satisfies Program;

export const maxPool: Operator<'maxPool'> = {
  forward: (gpu, site, { inputs, batch }) =>
    gpu.make(forwardProgram, {
      inputs: { values: itemAt(inputs, 0) },
      uniforms: poolUniforms(site),
      count: texelsOf(site.outputShape, batch),
    }),
  backward(gpu, site, { inputs, output, gradient, batch, wanted }) {
    if (wanted[0] !== true) return [null];
    const values = itemAt(inputs, 0);
    const uniforms = poolUniforms(site);
    const shares = gpu.make(shareProgram, {
      inputs: { values, maxima: output, gradients: gradient },
      uniforms,
      count: texelsOf(site.outputShape, batch),
    });
    const result = gpu.make(backwardProgram, {
      inputs: { values, maxima: output, shares },
      uniforms,
      count: texelsOf(inputShape(site), batch),
    });
    shares.release();
    return [result];
  },
};
