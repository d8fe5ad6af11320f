// The gradient of a layer's input. One texel is four input channels at one position.
//   G[q, c] = sum over k, o of w[o, k, c] (e[scatter(q, k), o] - z_e);  gradient = f32(f32(G) * s_e)
import type { Gpu } from './gpu.ts';
import type { Program } from './program.ts';
import { texelsOf } from './site.ts';
import type { Texture } from './texture.ts';
import { geometryIntegers, geometryUniforms } from './window-sums.ts';
import type { Geometry } from './window-sums.ts';
import { places } from './window.ts';

const program = {
  name: 'input gradient',
  inputs: { errors: 'bytes', weights: 'words', range: 'words' },
  integers: geometryIntegers,
  outputs: ['words'],
  body: `
${places}
void run(int i) {
  Place q = placeOf(i, inputHeight, inputWidth, inputQuads);
  ivec4 error = texelFetch(range, ivec2(1, 0), 0);
  int lastChannel = min(4 * q.quad + 3, channels - 1);
  int from = (4 * q.quad / channelsPerGroup) * rowsPerGroup / 4;
  int to = ((lastChannel / channelsPerGroup + 1) * rowsPerGroup - 1) / 4;
  ivec4 sum = ivec4(0);
  for (int ky = 0; ky < kernelHeight; ky++) {
    int py = reached(q.y, ky, dilationY, padTop, strideY, outputHeight);
    if (py < 0) continue;
    for (int kx = 0; kx < kernelWidth; kx++) {
      int px = reached(q.x, kx, dilationX, padLeft, strideX, outputWidth);
      if (px < 0) continue;
      int p = ((q.n * outputHeight + py) * outputWidth + px) * rowQuads;
      int k = (ky * kernelWidth + kx) * quads;
      for (int o = from; o <= to; o++) {
        int j = q.quad - (4 * o / rowsPerGroup) * channelsPerGroup / 4;
        if (j < 0 || j >= quads) continue;
        ivec4 e = ivec4(texelFetch(errors, at(p + o), 0)) - error.y;
        ivec4 m = texelFetch(weights, at(o * columns + k + j), 0);
        ivec4 b0 = ((m << 24) >> 24) * e;
        ivec4 b1 = ((m << 16) >> 24) * e;
        ivec4 b2 = ((m << 8) >> 24) * e;
        ivec4 b3 = (m >> 24) * e;
        sum += ivec4(b0.x, b1.x, b2.x, b3.x) + ivec4(b0.y, b1.y, b2.y, b3.y) +
          ivec4(b0.z, b1.z, b2.z, b3.z) + ivec4(b0.w, b1.w, b2.w, b3.w);
      }
    }
  }
  result0 = floatBitsToInt(mul(toFloat(sum), vec4(intBitsToFloat(error.x))));
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
