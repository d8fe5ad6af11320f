// The gradient of a value by a layer that reads it. One texel is four input channels at one position of four samples.
//   G[q, c] = sum over k, o of w[o, k, c] (e[scatter(q, k), o] - z_e);  gradient = f32(f32(G) * s_e)
// The gradients by two layers and their sum come from one draw, so that only the sum is ever stored.
import { eachSample } from './each-sample.ts';
import type { Gpu } from './gpu.ts';
import type { Program } from './program.ts';
import { texelsOf } from './site.ts';
import type { Texture } from './texture.ts';
import { geometryUniforms } from './window-sums.ts';
import type { Geometry } from './window-sums.ts';
import { places } from './window.ts';

const start = `
${places}
// row r of the transposed block is ivec4(m0[r], m1[r], m2[r], m3[r])
ivec4 product(vec4 m0, vec4 m1, vec4 m2, vec4 m3, ivec4 error) {
  vec4 e = vec4(error);
  return ivec4(dot(m0, e), dot(m1, e), dot(m2, e), dot(m3, e));
}
void run(int i) {
  Place q = placeOf(i, inputHeight, inputWidth, inputQuads);
  int lastChannel = min(4 * q.quad + 3, channels - 1);
`;

/** Adds what one layer gives. */
const part = `{
  ivec4 error = texelFetch(range, ivec2(1, 0), 0);
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
  ${eachSample('result# = floatBitsToInt(add(intBitsToFloat(result#), mul(toFloat(s#), scale)));')}
}`;

/** What of `part` is the layer's own, and not of the value that it reads. */
const ownNames =
  /\b(errors|weights|range|\w+PerGroup|kernel\w+|output\w+|dilation.|stride.|pad\w+|rowQuads|quads|columns)\b/g;

const inputs = { errors: 'values', weights: 'words', range: 'words' } as const;

const program = {
  name: 'input gradient',
  inputs,
  outputs: ['blocks'],
  body: `${start}${part}}`,
} as const satisfies Program;

const programOfTwo = {
  ...program,
  name: 'input gradient of two',
  inputs: { ...inputs, errors2: 'values', weights2: 'words', range2: 'words' },
  body: `${start}${part}${part.replace(ownNames, '$&2')}}`,
} as const satisfies Program;

/** What a layer does to the gradient of its input; the textures are its owner's. */
export interface LayerPart {
  readonly geometry: Geometry;
  readonly weights: Texture;
  /** Q(h), h = f32(g * s_w[o]), and its range in texel 1 of `range`; see quantize-error.ts. */
  readonly errors: Texture;
  readonly range: Texture;
}

/** By one layer, or f32(a + b) by two that read the same value; the caller's. */
export function inputGradient(
  gpu: Gpu,
  { geometry, errors, weights, range }: LayerPart,
  second: LayerPart | null,
  batch: number,
): Texture {
  const own = { errors, weights, range };
  const uniforms = geometryUniforms(geometry);
  const count = texelsOf(geometry.inputShape, batch);
  if (second === null) return gpu.make(program, { inputs: own, uniforms, count });
  const { errors: errors2, weights: weights2, range: range2 } = second;
  const others = Object.entries(geometryUniforms(second.geometry)).map(([name, value]) => [
    `${name}2`,
    value,
  ]);
  return gpu.make(programOfTwo, {
    inputs: { ...own, errors2, weights2, range2 },
    uniforms: { ...uniforms, ...Object.fromEntries(others) },
    count,
  });
}

/** Gives back what the part is made of. */
export function releasePart({ weights, errors, range }: LayerPart): void {
  for (const texture of [weights, errors, range]) texture.release();
}
