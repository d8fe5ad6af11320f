import type { Quantization, Shape } from '#runtime';
import type { ClampRange } from '#runtime';

import type { Gpu } from './gpu.ts';
// Sums over a window: forward of conv and dense, logits, and feedback, which differ in what becomes
// of the sum. One texel is four rows (channels made) at one position.
//   sum[row] = bias[row] + sum over k, c of w[row, k, c] (x[gather(p, k), c] - zero)
import { matrixIntegers } from './layer-texture.ts';
import type { MatrixUniforms } from './layer-texture.ts';
import type { Program } from './program.ts';
import { quadsOf } from './site.ts';
import type { Texture } from './texture.ts';
import { places, windowIntegers } from './window.ts';
import type { WindowUniforms } from './window.ts';

/** Where a layer or a feedback reads and how many rows it makes. */
export interface Geometry {
  readonly window: WindowUniforms;
  readonly matrix: MatrixUniforms;
  readonly inputShape: Shape;
  /** Height, width and rows. */
  readonly outputShape: Shape;
}

export const geometryIntegers: readonly [
  ...typeof windowIntegers,
  ...typeof matrixIntegers,
  'inputQuads',
  'rowQuads',
] = [...windowIntegers, ...matrixIntegers, 'inputQuads', 'rowQuads'];

export function geometryUniforms({
  window,
  matrix,
  inputShape,
}: Geometry): Readonly<Record<(typeof geometryIntegers)[number], number>> {
  const rowQuads = Math.ceil(matrix.rows / 4);
  return { ...window, ...matrix, inputQuads: quadsOf(inputShape), rowQuads };
}

const windowSum = `
${places}
ivec4 windowSum(int i, int zeroPoint) {
  Place at0 = placeOf(i, outputHeight, outputWidth, rowQuads);
  int first = (4 * at0.quad / rowsPerGroup) * channelsPerGroup / 4;
  int w = at0.quad * columns;
  ivec4 sum = texelFetch(weights, at(w + columns - 1), 0);
  for (int ky = 0; ky < kernelHeight; ky++) {
    int y = at0.y * strideY + ky * dilationY - padTop;
    if (y < 0 || y >= inputHeight) {
      w += kernelWidth * quads;
      continue;
    }
    int row = (at0.n * inputHeight + y) * inputWidth;
    for (int kx = 0; kx < kernelWidth; kx++) {
      int x = at0.x * strideX + kx * dilationX - padLeft;
      if (x >= 0 && x < inputWidth) {
        int from = (row + x) * inputQuads + first;
        for (int j = 0; j < quads; j++) {
          ivec4 v = ivec4(texelFetch(values, at(from + j), 0)) - zeroPoint;
          ivec4 m = texelFetch(weights, at(w + j), 0);
          sum += ((m << 24) >> 24) * v.x + ((m << 16) >> 24) * v.y + ((m << 8) >> 24) * v.z + (m >> 24) * v.w;
        }
      }
      w += quads;
    }
  }
  return sum;
}
`;

// y = min(hi, max(lo, rne(f32(f32(sum) * m[row])) + z_y))
const forwardProgram = {
  name: 'layer forward',
  inputs: { values: 'bytes', weights: 'words', constants: 'words' },
  integers: [...geometryIntegers, 'inputZero', 'outputZero', 'lo', 'hi'],
  outputs: ['bytes'],
  body: `${windowSum}
void run(int i) {
  ivec4 sum = windowSum(i, inputZero);
  vec4 m = intBitsToFloat(texelFetch(constants, at(4 * (i % rowQuads)), 0));
  ivec4 y = roundHalfEven(mul(toFloat(sum), m)) + outputZero;
  result0 = uvec4(clamp(y, ivec4(lo), ivec4(hi)));
}`,
} as const satisfies Program;

// y = f32(f32(sum) * m[row]), as the bits of a float32
const logitsProgram = {
  name: 'logits',
  inputs: { values: 'bytes', weights: 'words', constants: 'words' },
  integers: [...geometryIntegers, 'inputZero'],
  outputs: ['words'],
  body: `${windowSum}
void run(int i) {
  ivec4 sum = windowSum(i, inputZero);
  vec4 m = intBitsToFloat(texelFetch(constants, at(4 * (i % rowQuads)), 0));
  result0 = floatBitsToInt(mul(toFloat(sum), m));
}`,
} as const satisfies Program;

// g = f32(f32(sum) * f32(s_e * scales[row])); constants holds one texel of scales per four rows
const feedbackProgram = {
  name: 'feedback',
  inputs: { values: 'bytes', weights: 'words', constants: 'words', range: 'words' },
  integers: geometryIntegers,
  outputs: ['words'],
  body: `${windowSum}
void run(int i) {
  ivec4 error = texelFetch(range, ivec2(0), 0);
  ivec4 sum = windowSum(i, error.y);
  vec4 scales = intBitsToFloat(texelFetch(constants, at(i % rowQuads), 0));
  vec4 m = mul(vec4(intBitsToFloat(error.x)), scales);
  result0 = floatBitsToInt(mul(toFloat(sum), m));
}`,
} as const satisfies Program;

/** What the sums are taken of and with. */
export interface WindowSums {
  readonly geometry: Geometry;
  readonly values: Texture;
  readonly weights: Texture;
  readonly constants: Texture;
  readonly batch: number;
}

function countOf({ geometry: { outputShape }, batch }: WindowSums): number {
  return batch * outputShape[0] * outputShape[1] * quadsOf(outputShape);
}

export function layerForward(
  gpu: Gpu,
  sums: WindowSums,
  inputZero: number,
  { zeroPoint, lo, hi }: Pick<Quantization, 'zeroPoint'> & ClampRange,
): Texture {
  const { values, weights, constants, geometry } = sums;
  return gpu.make(forwardProgram, {
    inputs: { values, weights, constants },
    uniforms: { ...geometryUniforms(geometry), inputZero, outputZero: zeroPoint, lo, hi },
    count: countOf(sums),
  });
}

export function layerLogits(gpu: Gpu, sums: WindowSums, inputZero: number): Texture {
  const { values, weights, constants, geometry } = sums;
  return gpu.make(logitsProgram, {
    inputs: { values, weights, constants },
    uniforms: { ...geometryUniforms(geometry), inputZero },
    count: countOf(sums),
  });
}

/** Gradient at the feedback's grid. `range` is that of the quantised error in `values`. */
export function feedbackSums(gpu: Gpu, sums: WindowSums, range: Texture): Texture {
  const { values, weights, constants, geometry } = sums;
  return gpu.make(feedbackProgram, {
    inputs: { values, weights, constants, range },
    uniforms: geometryUniforms(geometry),
    count: countOf(sums),
  });
}
