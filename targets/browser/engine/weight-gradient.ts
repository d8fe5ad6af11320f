// The weight gradient in integers, laid out as the weights are (layer-texture.ts): layer r of the
// texture holds row r of each 4 x 4 block, and of the bias column its first number.
//   A[o, k, c] = sum over n, p of (d[n, p, o] - z_d)(x[n, gather(p, k), c] - z_x);  a[o] = sum of (d - z_d)
//
// A small layer on a large image has few blocks and long sums, so the output rows (group of samples, y)
// are split into parts that are summed apart and then together; integers make that exact. Products are added in
// float32 as long as that is exact too: 64 positions of four samples stay below 2^24.
import { eachSample } from './each-sample.ts';
import type { Gpu } from './gpu.ts';
import { matrixTexels } from './layer-texture.ts';
import type { Program } from './program.ts';
import { groupsOf } from './site.ts';
import type { Texture } from './texture.ts';
import { geometryUniforms } from './window-sums.ts';
import type { Geometry } from './window-sums.ts';

/** Fragments worth having at once. */
const wantedFragments = 1024;

const gradientProgram = {
  name: 'weight gradient',
  inputs: { errors: 'values', values: 'values', range: 'words' },
  outputs: ['blocks'],
  body: `
void run(int i) {
  int part = i / texels;
  int texel = i - part * texels;
  int o = texel / columns;
  int column = texel - o * columns;
  bool isBias = column == columns - 1;
  int k = column / quads;
  int ky = isBias ? 0 : k / kernelWidth;
  int kx = isBias ? 0 : k - ky * kernelWidth;
  int quad = (4 * o / rowsPerGroup) * channelsPerGroup / 4 + column - k * quads;
  int top = ky * dilationY - padTop;
  int left = kx * dilationX - padLeft;
  int from = max(0, (strideX - 1 - left) / strideX);
  int to = min(outputWidth, (inputWidth - 1 - left + strideX) / strideX);
  if (isBias) {
    from = 0;
    to = outputWidth;
  } else if (left >= inputWidth || quad >= inputQuads) to = 0;
  ${eachSample('ivec4 a# = ivec4(0);')}
  vec4 one = vec4(1.0, 0.0, 0.0, 0.0);
  vec4 es;
  vec4 us;
  int zeroError = texelFetch(range, ivec2(0), 0).y;
  int end = min(groups * outputHeight, (part + 1) * rowsPerPart);
  for (int row = part * rowsPerPart; row < end; row++) {
    int group = row / outputHeight;
    int y = (row - group * outputHeight) * strideY + top;
    if (!isBias && (y < 0 || y >= inputHeight)) continue;
    int d = (row * outputWidth + from) * rowQuads + o;
    int v = ((group * inputHeight + y) * inputWidth + from * strideX + left) * inputQuads + quad;
    for (int x = from; x < to;) {
      ${eachSample('vec4 p# = vec4(0.0);')}
      for (int end = min(to, x + 64); x < end; x++) {
        uvec4 e = texelFetch(errors, at(d), 0);
        uvec4 u = isBias ? uvec4(0) : texelFetch(values, at(v), 0);
        ${eachSample('es = vec4(channelsOf(e.@) - zeroError); us = isBias ? one : vec4(channelsOf(u.@) - inputZero); p0 += es.x * us; p1 += es.y * us; p2 += es.z * us; p3 += es.w * us;')}
        d += rowQuads;
        v += strideX * inputQuads;
      }
      ${eachSample('a# += ivec4(p#);')}
    }
  }
  ${eachSample('result# = a#;')}
}`,
} as const satisfies Program;

const sumProgram = {
  name: 'sum of parts',
  inputs: { parts: 'blocks' },
  outputs: ['blocks'],
  body: `
void run(int i) {
  for (int part = 0; part < partCount; part++) {
    ivec2 p = at(i + part * texels);
    ${eachSample('result# += texelFetch(parts, ivec3(p, #), 0);')}
  }
}`,
} as const satisfies Program;

export interface WeightGradient {
  readonly geometry: Geometry;
  /** Q(g) and its range, texel 0. */
  readonly errors: Texture;
  readonly range: Texture;
  readonly values: Texture;
  readonly inputZero: number;
  readonly batch: number;
}

export function weightGradient(
  gpu: Gpu,
  { geometry, errors, range, values, inputZero, batch }: WeightGradient,
): Texture {
  const texels = matrixTexels(geometry.matrix);
  const groups = groupsOf(batch);
  const rows = groups * geometry.window.outputHeight;
  const wantedParts = Math.max(1, Math.min(rows, Math.floor(wantedFragments / texels)));
  const rowsPerPart = Math.ceil(rows / wantedParts);
  const partCount = Math.ceil(rows / rowsPerPart);
  const parts = gpu.make(gradientProgram, {
    inputs: { errors, values, range },
    uniforms: { ...geometryUniforms(geometry), inputZero, texels, groups, rowsPerPart },
    count: texels * partCount,
  });
  if (partCount === 1) return parts;
  const sums = gpu.make(sumProgram, {
    inputs: { parts },
    uniforms: { texels, partCount },
    count: texels,
  });
  parts.release();
  return sums;
}
