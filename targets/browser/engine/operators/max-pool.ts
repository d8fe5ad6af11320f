import type { Operator } from '../operator.ts';
import type { Program } from '../program.ts';
import { inputShape, itemAt, texelsOf } from '../site.ts';
import { places } from '../window.ts';
import { forEachReach, forEachRead, poolIntegers, poolUniforms } from './pool.ts';

// y[p, c] = max over k of x[gather(p, k), c], padding left out; 0 for a window of padding alone
const forwardProgram = {
  name: 'max pool',
  inputs: { values: 'bytes' },
  integers: poolIntegers,
  outputs: ['bytes'],
  body: `${places}
void run(int i) {
  Place at0 = placeOf(i, outputHeight, outputWidth, channelQuads);
  ${forEachRead('result0 = max(result0, texelFetch(values, at(from), 0));')}
}`,
} as const satisfies Program;

// share[p, c] = f32(dy[p, c] / number of k with x[gather(p, k), c] = y[p, c])
const shareProgram = {
  name: 'max pool shares',
  inputs: { values: 'bytes', maxima: 'bytes', gradients: 'words' },
  integers: poolIntegers,
  outputs: ['words'],
  body: `${places}
void run(int i) {
  Place at0 = placeOf(i, outputHeight, outputWidth, channelQuads);
  uvec4 largest = texelFetch(maxima, at(i), 0);
  ivec4 winners = ivec4(0);
  ${forEachRead('winners += ivec4(equal(texelFetch(values, at(from), 0), largest));')}
  vec4 g = intBitsToFloat(texelFetch(gradients, at(i), 0));
  for (int c = 0; c < 4; c++) {
    if (winners[c] > 1) g[c] = divide(g[c], float(winners[c]));
  }
  result0 = floatBitsToInt(g);
}`,
} as const satisfies Program;

// dx[q, c] = sum over k ascending of share[scatter(q, k), c] where x[q, c] = y[scatter(q, k), c]
const backwardProgram = {
  name: 'max pool backward',
  inputs: { values: 'bytes', maxima: 'bytes', shares: 'words' },
  integers: poolIntegers,
  outputs: ['words'],
  body: `${places}
void run(int i) {
  Place q = placeOf(i, inputHeight, inputWidth, channelQuads);
  uvec4 x = texelFetch(values, at(i), 0);
  vec4 sum = vec4(0.0);
  ${forEachReach(`
      vec4 share = intBitsToFloat(texelFetch(shares, at(from), 0));
      sum = add(sum, mix(vec4(0.0), share, equal(x, texelFetch(maxima, at(from), 0))));`)}
  result0 = floatBitsToInt(sum);
}`,
} as const satisfies Program;

export const maxPool: Operator<'maxPool'> = {
  forward: (gpu, site, { inputs, batch }) =>
    gpu.make(forwardProgram, {
      inputs: { values: itemAt(inputs, 0, 'input') },
      uniforms: poolUniforms(site),
      count: texelsOf(site.outputShape, batch),
    }),
  backward(gpu, site, { inputs, output, gradient, batch, wanted }) {
    if (wanted[0] !== true) return [null];
    const values = itemAt(inputs, 0, 'input');
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
