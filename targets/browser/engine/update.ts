// The new weights of a layer, beside the old ones, which other draws may still read.
//   W' = min(limit, max(-limit, rne(f32(f32(W - f32(f32(A) * r[o])) + noise(i))))), r[o] = f32(step * inverse[o])
//   b' = b - rne(f32(f32(a[o]) * r_b[o]))
//   noise(i) = ((((i + offset) * 0x9E3779B1) mod 2^32) >>> 9) * 2^-23 - 0.5 + 2^-24, which is exact
// Where the status is not 0 the new weights are the old ones.
import type { Gpu } from './gpu.ts';
import { matrixTexels } from './layer-texture.ts';
import type { MatrixUniforms } from './layer-texture.ts';
import type { Program } from './program.ts';
import { blocks } from './step.ts';
import type { LayerTextures } from './step.ts';
import type { Texture } from './texture.ts';

const updateProgram = {
  name: 'update',
  inputs: { sums: 'blocks', weights: 'words', constants: 'words', steps: 'words' },
  outputs: ['words'],
  body: `${blocks}
vec4 noise(ivec4 index) {
  uvec4 spread = (uvec4(index + noiseOffset) * 0x9e3779b1u) >> 9;
  return vec4(spread) * 1.1920928955078125e-7 - 0.5 + 5.9604644775390625e-8;
}
void run(int i) {
  ivec4 old = texelFetch(weights, at(i), 0);
  ivec4 step = texelFetch(steps, ivec2(0), 0);
  result0 = old;
  if (step.z != 0) return;
  ivec2 p = at(i);
  Block block = blockOf(i);
  if (block.column == columns - 1) {
    vec4 r = mul(vec4(intBitsToFloat(step.y)), intBitsToFloat(texelFetch(constants, at(4 * block.quad + 3), 0)));
    ivec4 a = ivec4(texelFetch(sums, ivec3(p, 0), 0).x, texelFetch(sums, ivec3(p, 1), 0).x,
      texelFetch(sums, ivec3(p, 2), 0).x, texelFetch(sums, ivec3(p, 3), 0).x);
    result0 = old - roundHalfEven(mul(toFloat(a), r));
    return;
  }
  int offsets = (columns - 1) / quads;
  vec4 r = mul(vec4(intBitsToFloat(step.x)), intBitsToFloat(texelFetch(constants, at(4 * block.quad + 2), 0)));
  ivec4 packed = ivec4(0);
  for (int j = 0; j < 4; j++) {
    int row = 4 * block.quad + j;
    int group = row / rowsPerGroup;
    int index = (row * offsets + block.k) * channelsPerGroup + block.channel - group * channelsPerGroup;
    ivec4 w = (ivec4(old[j]) << ivec4(24, 16, 8, 0)) >> 24;
    vec4 change = mul(toFloat(texelFetch(sums, ivec3(p, j), 0)), vec4(r[j]));
    vec4 moved = add(vec4(w), -change);
    ivec4 next = roundHalfEven(add(moved, noise(ivec4(index) + ivec4(0, 1, 2, 3))));
    next = clamp(next, ivec4(-limit), ivec4(limit)) * joined(row, block.channel) & 255;
    packed[j] = next.x | (next.y << 8) | (next.z << 16) | (next.w << 24);
  }
  result0 = packed;
}`,
} as const satisfies Program;

/** New weights, the caller's. */
export function updatedWeights(
  gpu: Gpu,
  matrix: MatrixUniforms,
  { sums, weights, constants, steps }: LayerTextures & { readonly steps: Texture },
  { noiseOffset, limit }: { readonly noiseOffset: number; readonly limit: number },
): Texture {
  return gpu.make(updateProgram, {
    inputs: { sums, weights, constants, steps },
    uniforms: { ...matrix, noiseOffset, limit },
    count: matrixTexels(matrix),
  });
}
