import type { Gpu } from './gpu.ts';
import { matrixTexels } from './layer-texture.ts';
import type { MatrixUniforms } from './layer-texture.ts';
import type { Program } from './program.ts';
import type { Texture } from './texture.ts';
// How far a layer moves: the norm of its gradient, the clip, and whether the step can be made.
//   norm = f32(sqrt(sum A^2)), u = f32(f32(s_d * s_x) * rate), factor = min(1, f32(f32(clip * W0) / f32(u * norm)))
//   step = f32(f32(u * factor) * ratio), and for the bias with u_b = f32(s_d * rate), a and B0
// Squares are summed in integers, 16 bits a limb, so the sum is exact.
//
// steps, words, one texel: [bits of step, bits of the bias' step, status, 0]; status as in quantize-error.ts.
import { wideIntegers } from './wide-integers.ts';

/** GLSL: which rows and channels texel i of a matrix joins. */
export const blocks: string = `
struct Block { int quad; int column; int k; int channel; };

Block blockOf(int i) {
  int quad = i / columns;
  int column = i - quad * columns;
  int k = column / quads;
  int first = (4 * quad / rowsPerGroup) * channelsPerGroup / 4;
  return Block(quad, column, k, 4 * (first + column - k * quads));
}

// 1 for the bytes that join a channel of the row's own group, else 0.
ivec4 joined(int row, int channel) {
  if (row >= rows) return ivec4(0);
  int from = row / rowsPerGroup * channelsPerGroup;
  ivec4 c = ivec4(channel) + ivec4(0, 1, 2, 3);
  return ivec4(greaterThanEqual(c, ivec4(from))) * ivec4(lessThan(c, ivec4(from + channelsPerGroup)));
}
`;

// a * a in limbs of 16 bits; the limbs may grow to 32 before they are carried.
const squares = `
void addSquare(inout uvec4 limbs, int number) {
  uint a = uint(abs(number));
  uint high = a >> 16;
  uint low = a & 0xffffu;
  uint ll = low * low;
  uint hl = high * low;
  uint hh = high * high;
  limbs += uvec4(ll & 0xffffu, (ll >> 16) + ((hl << 1) & 0xffffu), (hl >> 15) + (hh & 0xffffu), hh >> 16);
}
void addSquares(inout uvec4 limbs, ivec4 numbers) {
  addSquare(limbs, numbers.x);
  addSquare(limbs, numbers.y);
  addSquare(limbs, numbers.z);
  addSquare(limbs, numbers.w);
}
uvec4 carried(uvec4 limbs) {
  limbs.y += limbs.x >> 16;
  limbs.z += limbs.y >> 16;
  limbs.w += limbs.z >> 16;
  return uvec4(limbs.xyz & 0xffffu, limbs.w);
}
`;

const squaresProgram = {
  name: 'squares',
  inputs: { sums: 'blocks' },
  outputs: ['words'],
  body: `${blocks}${squares}
void run(int part) {
  uvec4 limbs = uvec4(0);
  int end = min(texels, (part + 1) * perPart);
  for (int i = part * perPart; i < end; i++) {
    Block block = blockOf(i);
    if (block.column == columns - 1) continue;
    for (int r = 0; r < 4; r++)
      addSquares(limbs, texelFetch(sums, ivec3(at(i), r), 0) * joined(4 * block.quad + r, block.channel));
  }
  result0 = ivec4(carried(limbs));
}`,
} as const satisfies Program;

const stepsProgram = {
  name: 'steps',
  inputs: { parts: 'words', sums: 'blocks', range: 'words', constants: 'words', weights: 'words' },
  floats: ['inputScale', 'rate', 'ratio', 'allowed', 'allowedBias'],
  outputs: ['words'],
  body: `${wideIntegers}${squares}
// f32(sqrt(x)): the root of the leading 49 or 50 bits, then rounded from 25 bits to 24.
float rootOf(uvec3 x) {
  int bits = lengthOf(x);
  if (bits == 0) return 0.0;
  int shift = bits - 50 + (bits & 1);
  uint low = bitsFrom(x, shift);
  uint high = bitsFrom(x, shift + 32) & 0x3ffffu;
  int root = int(sqrt(float(high) * 4294967296.0 + float(low)));
  int rest = int(low - uint(root) * uint(root));
  for (int i = 0; i < 64 && rest < 0; i++) {
    root -= 1;
    rest += 2 * root + 1;
  }
  for (int i = 0; i < 64 && rest > 2 * root; i++) {
    rest -= 2 * root + 1;
    root += 1;
  }
  bool isMore = rest != 0 || anyBelow(x, shift);
  int up = (root & 1) & (int(isMore) | (root >> 1));
  return intBitsToFloat(((127 + 24 + shift / 2) << 23) + (root >> 1) + up - 0x800000);
}

// Limbs of 16 bits, the last one split in two so that it cannot overflow.
float rootOf(uvec4 low, uint top) {
  uvec4 c = uvec4(low.xyz, low.w & 0xffffu);
  uint rest = top + (low.w >> 16);
  c = carried(c);
  rest += c.w >> 16;
  return rootOf(uvec3(c.x | (c.y << 16), c.z | (c.w << 16), rest));
}

float clipped(float u, float norm, float most) {
  float length = mul(u, norm);
  float factor = length == 0.0 ? 1.0 : divide(most, length);
  if (factor >= 1.0) factor = 1.0;
  return mul(mul(u, factor), ratio);
}

void run(int i) {
  uvec4 limbs = uvec4(0);
  uint top = 0u;
  for (int part = 0; part < partCount; part++) {
    uvec4 own = uvec4(texelFetch(parts, at(part), 0));
    limbs += uvec4(own.xyz, own.w & 0xffffu);
    top += own.w >> 16;
  }
  float norm = rootOf(limbs, top);
  int rowQuads = (rows + 3) / 4;
  limbs = uvec4(0);
  for (int o = 0; o < rowQuads; o++) {
    ivec2 p = at(o * columns + columns - 1);
    for (int r = 0; r < 4; r++) addSquare(limbs, texelFetch(sums, ivec3(p, r), 0).x);
  }
  float biasNorm = rootOf(carried(limbs), 0u);
  ivec4 error = texelFetch(range, ivec2(0), 0);
  float errorScale = intBitsToFloat(error.x);
  float step = clipped(mul(mul(errorScale, inputScale), rate), norm, allowed);
  float biasStep = clipped(mul(errorScale, rate), biasNorm, allowedBias);
  int status = error.z;
  for (int o = 0; o < rowQuads; o++) {
    ivec2 p = at(o * columns + columns - 1);
    vec4 w = mul(vec4(step), intBitsToFloat(texelFetch(constants, at(4 * o + 2), 0)));
    vec4 b = mul(vec4(biasStep), intBitsToFloat(texelFetch(constants, at(4 * o + 3), 0)));
    ivec4 bias = texelFetch(weights, p, 0);
    for (int r = 0; r < 4; r++) {
      if (!isFinite(w[r]) || !isFinite(b[r])) status = status == 0 ? badStep : status;
      float change = mul(toFloat(ivec4(texelFetch(sums, ivec3(p, r), 0).x)).x, b[r]);
      int rounded = roundHalfEven(vec4(change)).x;
      bool isOut = ((bias[r] ^ rounded) & (bias[r] ^ (bias[r] - rounded))) < 0;
      if (!(abs(change) < 2147483648.0) || isOut) status = status == 0 ? badBias : status;
    }
  }
  result0 = ivec4(floatBitsToInt(step), floatBitsToInt(biasStep), status, 0);
}`,
} as const satisfies Program;

/** What a step is made of; the floats are rounded to float32 by the caller. */
export interface StepNumbers {
  readonly inputScale: number;
  readonly rate: number;
  readonly ratio: number;
  /** f32(clip * W0) and f32(clip * B0). */
  readonly allowed: number;
  readonly allowedBias: number;
  /** Codes for a step that is not finite and for a bias that leaves int32. */
  readonly badStep: number;
  readonly badBias: number;
}

export interface LayerTextures {
  /** The weight gradient. */
  readonly sums: Texture;
  readonly constants: Texture;
  readonly weights: Texture;
}

/** One texel of steps, the caller's. `range` is that of the layer's error. */
export function stepsOf(
  gpu: Gpu,
  matrix: MatrixUniforms,
  { sums, constants, weights, range }: LayerTextures & { readonly range: Texture },
  numbers: StepNumbers,
): Texture {
  const texels = matrixTexels(matrix);
  // Limbs are carried at the end of a part only: 16 squares a texel, each below 2^17 a limb.
  const perPart = Math.min(1024, Math.max(16, Math.ceil(Math.sqrt(texels))));
  const partCount = Math.ceil(texels / perPart);
  const parts = gpu.make(squaresProgram, {
    inputs: { sums },
    uniforms: { ...matrix, texels, perPart },
    count: partCount,
  });
  const steps = gpu.make(stepsProgram, {
    inputs: { parts, sums, range, constants, weights },
    uniforms: { ...numbers, rows: matrix.rows, columns: matrix.columns, partCount },
    count: 1,
  });
  parts.release();
  return steps;
}
