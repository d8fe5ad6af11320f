// Q(g): float32 gradients as uint8 over their own range, without a number leaving the GPU.
//   a = min(0, min g), b = max(0, max g), s = f32(f32(b - a) / 255) or 1, z = rne(-f32(a / s)) in 0..255
//   d = min(255, max(0, rne(f32(g / s)) + z))
// A layer that passes its gradient on needs Q(g) and Q(h), h = f32(g * s_w[o]): both in one go.
//
// range, words: texel 0 is that of g, texel 1 that of h: [bits of s, z, status, bits of about 1 / s].
// status is 0, or the code of the first failure so far: it is handed from texel to texel through a
// step, so that updates after a failure leave the weights as they were, and told at the next reading.
import type { Gpu } from './gpu.ts';
import type { Program } from './program.ts';
import type { Texture } from './texture.ts';

/** The gate of a clamp: gradients pass where above < y < below. */
export interface Gate {
  readonly output: Texture;
  readonly above: number;
  readonly below: number;
}

export interface ErrorSource {
  readonly gradient: Texture;
  /** Null where there is no clamp. */
  readonly gate: Gate | null;
  /** A layer's constants (layer.ts) where h is wanted as well, else null. */
  readonly constants: Texture | null;
}

export interface QuantizedError {
  readonly range: Texture;
  readonly error: Texture;
  /** Q(h), or null. */
  readonly scaled: Texture | null;
}

const gated = `
vec4 gradientAt(int i) {
  vec4 g = intBitsToFloat(texelFetch(gradients, at(i), 0));
  if (isGated != 0) {
    ivec4 y = ivec4(texelFetch(outputs, at(i), 0));
    g = mix(vec4(0.0), g, bvec4(ivec4(greaterThan(y, ivec4(above))) & ivec4(lessThan(y, ivec4(below)))));
  }
  return g;
}
vec4 scaledAt(int i, vec4 g) {
  return mul(g, intBitsToFloat(texelFetch(constants, at(4 * (i % rowQuads) + 1), 0)));
}
`;

const sourceInputs = { gradients: 'words', outputs: 'bytes', constants: 'words' } as const;
const sourceIntegers = ['isGated', 'above', 'below', 'isDouble', 'rowQuads'] as const;

// Floats as integers of the same order; the largest one stands for NaN and the infinities.
const extremesProgram = {
  name: 'extremes',
  inputs: sourceInputs,
  integers: [...sourceIntegers, 'texels', 'perPart'],
  outputs: ['words'],
  body: `
${gated}
ivec4 ordered(vec4 x) {
  ivec4 bits = floatBitsToInt(x);
  ivec4 order = bits ^ ((bits >> 31) & 0x7fffffff);
  bvec4 wild = equal(bits & 0x7f800000, ivec4(0x7f800000));
  return ivec4(wild.x ? 0x7fffffff : order.x, wild.y ? 0x7fffffff : order.y,
    wild.z ? 0x7fffffff : order.z, wild.w ? 0x7fffffff : order.w);
}
void run(int part) {
  ivec4 a = ivec4(0);
  ivec4 b = ivec4(0);
  ivec4 c = ivec4(0);
  ivec4 d = ivec4(0);
  int end = min(texels, (part + 1) * perPart);
  for (int i = part * perPart; i < end; i++) {
    vec4 g = gradientAt(i);
    ivec4 order = ordered(g);
    a = min(a, order);
    b = max(b, order);
    if (isDouble != 0) {
      order = ordered(scaledAt(i, g));
      c = min(c, order);
      d = max(d, order);
    }
  }
  result0 = ivec4(min(min(a.x, a.y), min(a.z, a.w)), max(max(b.x, b.y), max(b.z, b.w)),
    min(min(c.x, c.y), min(c.z, c.w)), max(max(d.x, d.y), max(d.z, d.w)));
}`,
} as const satisfies Program;

const rangeProgram = {
  name: 'range',
  inputs: { parts: 'words', previous: 'words' },
  integers: ['partCount', 'failure'],
  outputs: ['words'],
  body: `
float valueOf(int order) { return intBitsToFloat(order ^ ((order >> 31) & 0x7fffffff)); }
ivec4 rangeOf(int lowest, int highest, int status) {
  float a = valueOf(lowest);
  float scale = divide(add(valueOf(highest), -a), 255.0);
  if (scale == 0.0) scale = 1.0;
  if (highest == 0x7fffffff || !isFinite(scale)) return ivec4(floatBitsToInt(1.0), 0, failure, 0);
  float z = clamp(-divide(a, scale), 0.0, 255.0);
  return ivec4(floatBitsToInt(scale), roundHalfEven(vec4(z)).x, status, floatBitsToInt(1.0 / scale));
}
void run(int i) {
  ivec4 all = ivec4(0);
  for (int part = 0; part < partCount; part++) {
    ivec4 own = texelFetch(parts, at(part), 0);
    all = ivec4(min(all.x, own.x), max(all.y, own.y), min(all.z, own.z), max(all.w, own.w));
  }
  int before = texelFetch(previous, ivec2(0), 0).z;
  ivec4 first = rangeOf(all.x, all.y, before);
  ivec4 second = rangeOf(all.z, all.w, before);
  int status = before != 0 ? before : first.z | second.z;
  result0 = ivec4((i == 0 ? first : second).xy, status, (i == 0 ? first : second).w);
}`,
} as const satisfies Program;

// The estimate t is within 2^-14 of g / s, so only near a half is the exact quotient worth its time.
const quantizeBody = `
${gated}
int quantized(float g, ivec4 range) {
  float t = g * intBitsToFloat(range.w);
  float below = floor(t);
  int d = int(below) + int(t - below > 0.5);
  if (!(abs(t - below - 0.5) > 0.0009765625 && abs(t) < 512.0))
    d = roundHalfEven(vec4(divide(g, intBitsToFloat(range.x)))).x;
  return clamp(d + range.y, 0, 255);
}
uvec4 quantized(vec4 g, ivec4 range) {
  return uvec4(quantized(g.x, range), quantized(g.y, range), quantized(g.z, range), quantized(g.w, range));
}
`;

const quantizeProgram = {
  name: 'quantize',
  inputs: { ...sourceInputs, range: 'words' },
  integers: sourceIntegers,
  outputs: ['bytes'],
  body: `${quantizeBody}
void run(int i) {
  result0 = quantized(gradientAt(i), texelFetch(range, ivec2(0), 0));
}`,
} as const satisfies Program;

const quantizeBothProgram = {
  ...quantizeProgram,
  name: 'quantize both',
  outputs: ['bytes', 'bytes'],
  body: `${quantizeBody}
void run(int i) {
  vec4 g = gradientAt(i);
  result0 = quantized(g, texelFetch(range, ivec2(0), 0));
  result1 = quantized(scaledAt(i, g), texelFetch(range, ivec2(1, 0), 0));
}`,
} as const satisfies Program;

/**
 * Q of a gradient; the results are the caller's. `previous` holds the status so far, `failure` is
 * the code to note where the gradient is not finite.
 */
export function quantizeError(
  gpu: Gpu,
  { gradient, gate, constants }: ErrorSource,
  {
    previous,
    failure,
    rowQuads,
  }: { readonly previous: Texture; readonly failure: number; readonly rowQuads: number },
): QuantizedError {
  const { count } = gradient;
  const inputs = {
    gradients: gradient,
    outputs: gate?.output ?? gpu.placeholder,
    constants: constants ?? gradient,
  };
  const source = {
    isGated: gate === null ? 0 : 1,
    above: gate?.above ?? -1,
    below: gate?.below ?? 256,
    isDouble: constants === null ? 0 : 1,
    rowQuads,
  };
  const perPart = Math.max(64, Math.ceil(Math.sqrt(count)));
  const partCount = Math.ceil(count / perPart);
  const parts = gpu.make(extremesProgram, {
    inputs,
    uniforms: { ...source, texels: count, perPart },
    count: partCount,
  });
  const range = gpu.make(rangeProgram, {
    inputs: { parts, previous },
    uniforms: { partCount, failure },
    count: constants === null ? 1 : 2,
  });
  parts.release();
  const draw = { inputs: { ...inputs, range }, uniforms: source, count };
  if (constants === null) {
    return { range, error: gpu.make(quantizeProgram, draw), scaled: null };
  }
  const [error, scaled] = gpu.draw(quantizeBothProgram, draw);
  if (error === undefined || scaled === undefined) throw new RangeError('quantize: no outputs');
  return { range, error, scaled };
}
