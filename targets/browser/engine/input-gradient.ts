// The gradient of a layer's input. One texel is four input channels at one position of four samples.
//   G[q, c] = sum over k, o of w[o, k, c] (e[scatter(q, k), o] - z_e);  gradient = f32(f32(G) * s_e)
import { eachSample } from './each-sample.ts';
import type { Gpu } from './gpu.ts';
import type { Program } from './program.ts';
import { texelsOf } from './site.ts';
import type { Texture } from './texture.ts';
import { geometryUniforms } from './window-sums.ts';
import type { Geometry } from './window-sums.ts';
import { places } from './window.ts';

const program = {
  name: 'input gradient',
  inputs: { errors: 'values', weights: 'words', range: 'words' },
  outputs: ['blocks'],
  body: `
${places}
// row r of the transposed block is ivec4(m0[r], m1[r], m2[r], m3[r])
ivec4 product(vec4 m0, vec4 m1, vec4 m2, vec4 m3, ivec4 error) {
  vec4 e = vec4(error);
  return ivec4(dot(m0, e), dot(m1, e), dot(m2, e), dot(m3, e));
}
void run(int i) {
  Place q = placeOf(i, inputHeight, inputWidth, inputQuads);
  ivec4 error = texelFetch(range, ivec2(1, 0), 0);
  int lastChannel = min(4 * q.quad + 3, channels - 1);
  int from = (4 * q.quad / channelsPerGroup) * rowsPerGroup / 4;
  int to = ((lastChannel / channelsPerGroup + 1) * rowsPerGroup - 1) / 4;
  ${eachSample('ivec4 s# = ivec4(0);')}
  for (int ky = 0; ky < kernelHeight; ky++) {
    int py = reached(q.y, ky, dilationY, padTop, strideY, outputHeight);
    if (py < 0) continue;
    for (int kx = 0; kx < kernelWidth; kx++) {
      int px = reached(q.x, kx, dilationX, padLeft, strideX, outputWidth);
      if (px < 0) continue;
      int p = ((q.group * outputHeight + py) * outputWidth + px) * rowQuads;
      int k = (ky * kernelWidth + kx) * quads;
      for (int o = from; o <= to; o++) {
        int j = q.quad - (4 * o / rowsPerGroup) * channelsPerGroup / 4;
        if (j < 0 || j >= quads) continue;
        uvec4 e = texelFetch(errors, at(p + o), 0);
        ivec4 m = texelFetch(weights, at(o * columns + k + j), 0);
        vec4 m0 = vec4((m << 24) >> 24);
        vec4 m1 = vec4((m << 16) >> 24);
        vec4 m2 = vec4((m << 8) >> 24);
        vec4 m3 = vec4(m >> 24);
        ${eachSample('s# += product(m0, m1, m2, m3, channelsOf(e.@) - error.y);')}
      }
    }
  }
  vec4 scale = vec4(intBitsToFloat(error.x));
  ${eachSample('result# = floatBitsToInt(mul(toFloat(s#), scale));')}
}`,
} as const satisfies Program;

/** `errors` and texel 1 of `range` are Q(h), h = f32(g * s_w[o]); see quantize-error.ts. */
export function inputGradient(
  gpu: Gpu,
  geometry: Geometry,
  {
    errors,
    weights,
    range,
  }: { readonly errors: Texture; readonly weights: Texture; readonly range: Texture },
  batch: number,
): Texture {
  return gpu.make(program, {
    inputs: { errors, weights, range },
    uniforms: geometryUniforms(geometry),
    count: texelsOf(geometry.inputShape, batch),
  });
}
