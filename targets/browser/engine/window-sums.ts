// Sums over a window: forward of conv and dense, logits, and feedback, which differ in what becomes
// of the sum. One texel is four rows (channels made) at one position of four samples, which share
// each read of the weights.
//   sum[row] = bias[row] + sum over k, c of w[row, k, c] (x[gather(p, k), c] - zero)
import type { ClampRange, Quantization, Shape } from '#runtime';

import { eachSample } from './each-sample.ts';
import type { Gpu } from './gpu.ts';
import type { MatrixUniforms } from './layer-texture.ts';
import type { Program, Uniforms } from './program.ts';
import { quadsOf, texelsOf } from './site.ts';
import type { Texture } from './texture.ts';
import { places } from './window.ts';
import type { WindowUniforms } from './window.ts';

/** Where a layer or a feedback reads and how many rows it makes. */
export interface Geometry {
  readonly window: WindowUniforms;
  readonly matrix: MatrixUniforms;
  readonly inputShape: Shape;
  /** Height, width and rows. */
  readonly outputShape: Shape;
}

export type GeometryUniforms = WindowUniforms &
  MatrixUniforms &
  Readonly<Record<'inputQuads' | 'rowQuads', number>>;

export function geometryUniforms({ window, matrix, inputShape }: Geometry): GeometryUniforms {
  const rowQuads = Math.ceil(matrix.rows / 4);
  return { ...window, ...matrix, inputQuads: quadsOf(inputShape), rowQuads };
}

const ownRow = `if (y < 0 || y >= inputHeight) {
      w += kernelWidth * quads;
      continue;
    }`;

// The samples are strips of one sample (strips.ts): a row outside its strip is one of another strip, or
// padding.
const rowOfStrip = `int strip = y < 0 ? -((inputHeight - 1 - y) / inputHeight) : y / inputHeight;
    y -= strip * inputHeight;
    ivec4 rows4 = (ivec4(0, 1, 2, 3) + strip) * inputHeight + y;
    uvec4 kept = uvec4(-(ivec4(greaterThanEqual(rows4, ivec4(0))) * ivec4(lessThan(rows4, ivec4(inputRows)))));
    uvec4 padding = ~kept & (uint(zeroPoint) * 0x1010101u);`;
const readStrip = `
          for (int t = strip; t > 0; t--) v = v.yzwx;
          for (int t = strip; t < 0; t++) v = v.wxyz;
          v = (v & kept) | padding;`;

// Products are added in float32, which GPUs multiply several times faster than int32, and folded into
// int32 before they could reach 2^24: a quad adds at most 4 * 127 * 255, so 128 quads are exact.
const windowSumsOf = (row = ownRow, read = ''): string => `
${places}
struct Sums { ivec4 s0; ivec4 s1; ivec4 s2; ivec4 s3; };

Sums windowSums(int i, int zeroPoint) {
  Place at0 = placeOf(i, outputHeight, outputWidth, rowQuads);
  int first = (4 * at0.quad / rowsPerGroup) * channelsPerGroup / 4;
  int w = at0.quad * columns;
  ivec4 bias = texelFetch(weights, at(w + columns - 1), 0);
  Sums sums = Sums(bias, bias, bias, bias);
  for (int ky = 0; ky < kernelHeight; ky++) {
    int y = at0.y * strideY + ky * dilationY - padTop;
    ${row}
    int row = (at0.group * inputHeight + y) * inputWidth;
    for (int kx = 0; kx < kernelWidth; kx++) {
      int x = at0.x * strideX + kx * dilationX - padLeft;
      if (x < 0 || x >= inputWidth) {
        w += quads;
        continue;
      }
      int from = (row + x) * inputQuads + first;
      for (int j = 0; j < quads;) {
        ${eachSample('vec4 part# = vec4(0.0);')}
        for (int end = min(quads, j + 128); j < end; j++) {
          uvec4 v = texelFetch(values, at(from + j), 0);${read}
          ivec4 m = texelFetch(weights, at(w + j), 0);
          vec4 m0 = vec4((m << 24) >> 24);
          vec4 m1 = vec4((m << 16) >> 24);
          vec4 m2 = vec4((m << 8) >> 24);
          vec4 m3 = vec4(m >> 24);
          vec4 c;
          ${eachSample('c = vec4(channelsOf(v.@) - zeroPoint); part# += m0 * c.x + m1 * c.y + m2 * c.z + m3 * c.w;')}
        }
        ${eachSample('sums.s# += ivec4(part#);')}
      }
      w += quads;
    }
  }
  return sums;
}
`;

const windowSums = windowSumsOf();

const quantizedSums = `
uint quantized(ivec4 sum, vec4 m) {
  return packed(clamp(roundHalfEven(mul(toFloat(sum), m)) + outputZero, ivec4(lo), ivec4(hi)));
}
void run(int i) {
  Sums sums = windowSums(i, inputZero);
  vec4 m = intBitsToFloat(texelFetch(constants, at(4 * (i % rowQuads)), 0));
  result0 = uvec4(quantized(sums.s0, m), quantized(sums.s1, m), quantized(sums.s2, m), quantized(sums.s3, m));
}`;

// y = min(hi, max(lo, rne(f32(f32(sum) * m[row])) + z_y))
const forwardProgram = {
  name: 'layer forward',
  inputs: { values: 'values', weights: 'words', constants: 'words' },
  outputs: ['values'],
  body: `${windowSums}${quantizedSums}`,
} as const satisfies Program;

const forwardStripsProgram = {
  ...forwardProgram,
  name: 'layer forward in strips',
  body: `${windowSumsOf(rowOfStrip, readStrip)}${quantizedSums}`,
} as const satisfies Program;

const scaledSums = `${windowSums}
ivec4 scaled(ivec4 sum, vec4 m) { return floatBitsToInt(mul(toFloat(sum), m)); }
void scale(Sums sums, vec4 m) {
  ${eachSample('result# = scaled(sums.s#, m);')}
}
`;

// y = f32(f32(sum) * m[row])
const logitsProgram = {
  name: 'logits',
  inputs: { values: 'values', weights: 'words', constants: 'words' },
  outputs: ['blocks'],
  body: `${scaledSums}
void run(int i) {
  scale(windowSums(i, inputZero), intBitsToFloat(texelFetch(constants, at(4 * (i % rowQuads)), 0)));
}`,
} as const satisfies Program;

// g = f32(f32(sum) * f32(s_e * scales[row])); constants holds one texel of scales per four rows
const feedbackProgram = {
  name: 'feedback',
  inputs: { values: 'values', weights: 'words', constants: 'words', range: 'words' },
  outputs: ['blocks'],
  body: `${scaledSums}
void run(int i) {
  ivec4 error = texelFetch(range, ivec2(0), 0);
  vec4 scales = intBitsToFloat(texelFetch(constants, at(i % rowQuads), 0));
  scale(windowSums(i, error.y), mul(vec4(intBitsToFloat(error.x)), scales));
}`,
} as const satisfies Program;

/** What the sums are taken of and with. */
export interface WindowSums {
  readonly geometry: Geometry;
  readonly values: Texture;
  readonly weights: Texture;
  readonly constants: Texture;
  readonly batch: number;
  /** Rows of the input, where `geometry` is that of strips. */
  readonly stripsOf?: number | undefined;
}

interface SumsDraw {
  readonly inputs: Readonly<Record<'values' | 'weights' | 'constants', Texture>>;
  readonly uniforms: Uniforms;
  readonly count: number;
}

function drawOf(
  { geometry, values, weights, constants, batch }: WindowSums,
  uniforms: Uniforms,
): SumsDraw {
  return {
    inputs: { values, weights, constants },
    uniforms: { ...geometryUniforms(geometry), ...uniforms },
    count: texelsOf(geometry.outputShape, batch),
  };
}

export function layerForward(
  gpu: Gpu,
  sums: WindowSums,
  inputZero: number,
  { zeroPoint: outputZero, lo, hi }: Pick<Quantization, 'zeroPoint'> & ClampRange,
): Texture {
  const { stripsOf: inputRows = 0 } = sums;
  const draw = drawOf(sums, { inputZero, outputZero, lo, hi, inputRows });
  return gpu.make(inputRows === 0 ? forwardProgram : forwardStripsProgram, draw);
}

/** blocks of float32 [n, positions, rows] */
export function layerLogits(gpu: Gpu, sums: WindowSums, inputZero: number): Texture {
  return gpu.make(logitsProgram, drawOf(sums, { inputZero }));
}

/** Gradient at the feedback's grid. `range` is that of the quantised error in `values`. */
export function feedbackSums(gpu: Gpu, sums: WindowSums, range: Texture): Texture {
  const draw = drawOf(sums, {});
  return gpu.make(feedbackProgram, { ...draw, inputs: { ...draw.inputs, range } });
}
