import { sameShape } from '#runtime';

import { eachSample } from '../each-sample.ts';
import type { Gpu } from '../gpu.ts';
import type { BackwardCall, Operator } from '../operator.ts';
import type { Program } from '../program.ts';
import {
  inputQuantization,
  inputShape,
  itemAt,
  outputQuantization,
  groupsOf,
  quadsOf,
  texelsOf,
} from '../site.ts';
import type { Site } from '../site.ts';
import type { Texture } from '../texture.ts';
import { wideIntegers } from '../wide-integers.ts';

// b has a's shape, or one factor per sample and channel: texel i of a meets texel factorAt(i) of b.
const factor = `
int factorAt(int i) { return isPerChannel == 0 ? i : i / (positions * quads) * quads + i % quads; }
`;

// y = rne(f32(f32((a - z_a) (b - z_b)) * f32(f32(s_a * s_b) / s_y))) + z_y, clamped to 0..255
const forwardProgram = {
  name: 'mul',
  inputs: { a: 'values', b: 'values' },
  floats: ['scale'],
  outputs: ['values'],
  body: `${factor}
uint product(uint l, uint r) {
  ivec4 exact = (channelsOf(l) - zeroA) * (channelsOf(r) - zeroB);
  return packed(clamp(roundHalfEven(mul(vec4(exact), vec4(scale))) + zeroY, ivec4(0), ivec4(255)));
}
void run(int i) {
  uvec4 l = texelFetch(a, at(i), 0);
  uvec4 r = texelFetch(b, at(factorAt(i)), 0);
  result0 = uvec4(product(l.x, r.x), product(l.y, r.y), product(l.z, r.z), product(l.w, r.w));
}`,
} as const satisfies Program;

// da = f32(dy * f32(f32(b - z_b) * s_b)), and db likewise where b has a's shape
const backwardProgram = {
  name: 'mul backward',
  inputs: { gradients: 'blocks', others: 'values' },
  floats: ['otherScale'],
  outputs: ['blocks'],
  body: `${factor}
ivec4 sampleOf(int i, uint other, int s) {
  vec4 slope = mul(vec4(channelsOf(other) - otherZero), vec4(otherScale));
  return floatBitsToInt(mul(intBitsToFloat(texelFetch(gradients, ivec3(at(i), s), 0)), slope));
}
void run(int i) {
  uvec4 other = texelFetch(others, at(factorAt(i)), 0);
  ${eachSample('result# = sampleOf(i, other.@, #);')}
}`,
} as const satisfies Program;

// db[n, c] = sum over positions of f32(dy * f32(f32(a - z_a) * s_a)), rounded once. The products become
// integers of 96 bits, 48 of them below the last bit of the largest product, so that the sum loses less
// than one in double would.
const perChannelProgram = {
  name: 'mul backward per channel',
  inputs: { gradients: 'blocks', others: 'values' },
  floats: ['otherScale'],
  outputs: ['blocks'],
  body: `${wideIntegers}
ivec4 termAt(int i, int s) {
  ivec4 other = channelsOf(texelFetch(others, at(i), 0)[s]) - otherZero;
  vec4 slope = mul(vec4(other), vec4(otherScale));
  return floatBitsToInt(mul(intBitsToFloat(texelFetch(gradients, ivec3(at(i), s), 0)), slope));
}

uvec3 sum(uvec3 a, uvec3 b) {
  uint x = a.x + b.x;
  uint carry = uint(x < a.x);
  uint y = a.y + b.y;
  uint more = uint(y < a.y);
  y += carry;
  more += uint(y < carry);
  return uvec3(x, y, a.z + b.z + more);
}

uvec3 negative(uvec3 a) { return sum(~a, uvec3(1u, 0u, 0u)); }

// bits of a float32 with exponent at most \`highest\`, its last bit at bit 48 - (highest - exponent)
uvec3 wideOf(int bits, int highest) {
  int exponent = (bits >> 23) & 255;
  int shift = 48 - (highest - exponent);
  if (exponent == 0 || shift < -23) return uvec3(0u);
  uvec3 m = uvec3(uint((bits & 0x7fffff) | 0x800000), 0u, 0u);
  uvec3 wide = uvec3(bitsFrom(m, -shift), bitsFrom(m, 32 - shift), bitsFrom(m, 64 - shift));
  return bits < 0 ? negative(wide) : wide;
}

int floatOf(uvec3 wide, int highest) {
  bool isNegative = int(wide.z) < 0;
  if (isNegative) wide = negative(wide);
  int length = lengthOf(wide);
  int exponent = highest + length - 72;
  if (length == 0 || exponent <= 0) return 0;
  int m = int(bitsFrom(wide, length - 25) & 0x1ffffffu);
  int up = (m & 1) & (int(anyBelow(wide, length - 25)) | (m >> 1));
  int bits = exponent >= 255 ? 0x7f800000 : (exponent << 23) + (m >> 1) + up - 0x800000;
  return isNegative ? bits | (1 << 31) : bits;
}

ivec4 sampleOf(int i, int s) {
  int group = i / quads;
  int from = group * positions * quads + i - group * quads;
  ivec4 highest = ivec4(0);
  for (int p = 0; p < positions; p++)
    highest = max(highest, (termAt(from + p * quads, s) >> 23) & 255);
  uvec3 x = uvec3(0u);
  uvec3 y = uvec3(0u);
  uvec3 z = uvec3(0u);
  uvec3 w = uvec3(0u);
  for (int p = 0; p < positions; p++) {
    ivec4 term = termAt(from + p * quads, s);
    x = sum(x, wideOf(term.x, highest.x));
    y = sum(y, wideOf(term.y, highest.y));
    z = sum(z, wideOf(term.z, highest.z));
    w = sum(w, wideOf(term.w, highest.w));
  }
  ivec4 result = ivec4(floatOf(x, highest.x), floatOf(y, highest.y), floatOf(z, highest.z), floatOf(w, highest.w));
  for (int c = 0; c < 4; c++) if (highest[c] == 255) result[c] = 0x7f800000;
  return result;
}
void run(int i) {
  ${eachSample('result# = sampleOf(i, #);')}
}`,
} as const satisfies Program;

export const mul: Operator<'mul'> = {
  forward(gpu, site, { inputs, batch }) {
    const [qa, qb] = [inputQuantization(site, 0), inputQuantization(site, 1)];
    const output = outputQuantization(site);
    const product = Math.fround(Math.fround(qa.scale) * Math.fround(qb.scale));
    return gpu.make(forwardProgram, {
      inputs: { a: itemAt(inputs, 0), b: itemAt(inputs, 1) },
      uniforms: {
        ...factorUniforms(site),
        zeroA: qa.zeroPoint,
        zeroB: qb.zeroPoint,
        zeroY: output.zeroPoint,
        scale: Math.fround(product / Math.fround(output.scale)),
      },
      count: texelsOf(site.outputShape, batch),
    });
  },
  backward(gpu, site, call) {
    const factors = factorUniforms(site);
    const ofSameShape = { ...factors, isPerChannel: 0 };
    const db = factors.isPerChannel === 0 ? ofSameShape : null;
    return [
      call.wanted[0] === true ? elementwise(gpu, site, call, { other: 1, factors }) : null,
      call.wanted[1] !== true
        ? null
        : db === null
          ? perChannel(gpu, site, call)
          : elementwise(gpu, site, call, { other: 0, factors: db }),
    ];
  },
};

interface Elementwise {
  /** The input whose values scale the gradient. */
  readonly other: 0 | 1;
  readonly factors: ReturnType<typeof factorUniforms>;
}

function elementwise(
  gpu: Gpu,
  site: Site<'mul'>,
  { inputs, gradient, batch }: BackwardCall,
  { other, factors }: Elementwise,
): Texture {
  return gpu.make(backwardProgram, {
    inputs: { gradients: gradient, others: itemAt(inputs, other) },
    uniforms: { ...factors, ...scaleUniforms(site, other) },
    count: texelsOf(site.outputShape, batch),
  });
}

function perChannel(
  gpu: Gpu,
  site: Site<'mul'>,
  { inputs, gradient, batch }: BackwardCall,
): Texture {
  const { positions, quads } = factorUniforms(site);
  return gpu.make(perChannelProgram, {
    inputs: { gradients: gradient, others: itemAt(inputs, 0) },
    uniforms: { positions, quads, ...scaleUniforms(site, 0) },
    count: groupsOf(batch) * quads,
  });
}

function scaleUniforms(site: Site<'mul'>, input: 0 | 1): { otherZero: number; otherScale: number } {
  const { scale, zeroPoint } = inputQuantization(site, input);
  return { otherZero: zeroPoint, otherScale: Math.fround(scale) };
}

function factorUniforms(site: Site<'mul'>): {
  readonly isPerChannel: number;
  readonly positions: number;
  readonly quads: number;
} {
  const [a, b] = [inputShape(site, 0), inputShape(site, 1)];
  return {
    isPerChannel: sameShape(a, b) ? 0 : 1,
    positions: a[0] * a[1],
    quads: quadsOf(a),
  };
}
