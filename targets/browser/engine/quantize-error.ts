// Q(g): float32 gradients as uint8 over their own range, without a number leaving the GPU.
//   a = min(0, min g), b = max(0, max g), s = f32(f32(b - a) / 255) or 1, z = rne(-f32(a / s)) in 0..255
//   d = min(255, max(0, rne(f32(g / s)) + z))
// A layer that passes its gradient on needs Q(g) and Q(h), h = f32(g * s_w[o]): both in one go.
//
// range, words: texel 0 is that of g, texel 1 that of h: [bits of s, z, status, bits of about 1 / s].
// status is 0, or the code of the first failure so far: it is handed from texel to texel through a
// step, so that updates after a failure leave the weights as they were, and told at the next reading.
import type { Failures } from './failures.ts';
import type { Gpu } from './gpu.ts';
import { gridCells, gridUniforms } from './grid.ts';
import type { Grid } from './grid.ts';
import type { Program, Uniforms } from './program.ts';
import { itemAt } from './site.ts';
import type { Texture } from './texture.ts';

/** The gate of a clamp: gradients pass where above < y < below. */
export interface Gate {
  readonly output: Texture;
  readonly above: number;
  readonly below: number;
}

/** A gradient as it lies on the GPU, and what becomes of it. */
export interface GradientSource {
  /** blocks. */
  readonly gradient: Texture;
  /** Null where the gradient has a cell for each position. */
  readonly grid: Grid | null;
  /** Null where there is no clamp. */
  readonly gate: Gate | null;
  /** Texels and quads of the value whose gradient it is. */
  readonly count: number;
  readonly quads: number;
}

export interface ErrorSource extends GradientSource {
  /** A layer's constants (layer.ts) where h is wanted as well, else null. */
  readonly constants: Texture | null;
}

export interface QuantizedError {
  readonly range: Texture;
  /** values. */
  readonly error: Texture;
  /** Q(h), or null. */
  readonly scaled: Texture | null;
}

/** GLSL of a gradient on its grid and through its gate; of a draw with `sourceOf`. */
export const gatedGradient: string = `
${gridCells}
struct Texel { int from; uvec4 outputs; };

Texel texelOf(int i) {
  uvec4 y = isGated == 0 ? uvec4(0) : texelFetch(outputs, at(i), 0);
  return Texel(cellOf(i), y);
}

// Of sample s.
ivec4 bitsAt(Texel texel, int s) {
  ivec4 g = texelFetch(gradients, ivec3(at(texel.from), s), 0);
  if (isGated != 0) {
    ivec4 y = channelsOf(texel.outputs[s]);
    g *= ivec4(greaterThan(y, ivec4(above))) * ivec4(lessThan(y, ivec4(below)));
  }
  return g;
}
`;

const scaledGradient = `
${gatedGradient}
vec4 gradientAt(Texel texel, int s) { return intBitsToFloat(bitsAt(texel, s)); }

vec4 scalesOf(int i) { return intBitsToFloat(texelFetch(constants, at(4 * (i % channelQuads) + 1), 0)); }
`;

export const gradientInputs = { gradients: 'blocks', outputs: 'values' } as const;
const sourceInputs = { ...gradientInputs, constants: 'words' } as const;

// Floats as integers of the same order; the largest one stands for NaN and the infinities.
const extremesProgram = {
  name: 'extremes',
  inputs: sourceInputs,
  outputs: ['words'],
  body: `
${scaledGradient}
ivec4 ordered(vec4 x) {
  ivec4 bits = floatBitsToInt(x);
  ivec4 order = bits ^ ((bits >> 31) & 0x7fffffff);
  ivec4 wild = -ivec4(equal(bits & 0x7f800000, ivec4(0x7f800000)));
  return (order & ~wild) | (wild & 0x7fffffff);
}
void run(int part) {
  ivec4 a = ivec4(0);
  ivec4 b = ivec4(0);
  ivec4 c = ivec4(0);
  ivec4 d = ivec4(0);
  int end = min(texels, (part + 1) * perPart);
  for (int i = part * perPart; i < end; i++) {
    Texel texel = texelOf(i);
    vec4 scales = scalesOf(i);
    for (int s = 0; s < 4; s++) {
      vec4 g = gradientAt(texel, s);
      ivec4 order = ordered(g);
      a = min(a, order);
      b = max(b, order);
      if (isDouble != 0) {
        order = ordered(mul(g, scales));
        c = min(c, order);
        d = max(d, order);
      }
    }
  }
  result0 = ivec4(min(min(a.x, a.y), min(a.z, a.w)), max(max(b.x, b.y), max(b.z, b.w)),
    min(min(c.x, c.y), min(c.z, c.w)), max(max(d.x, d.y), max(d.z, d.w)));
}`,
} as const satisfies Program;

const rangeProgram = {
  name: 'range',
  inputs: { parts: 'words', previous: 'words' },
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

// The estimate t is within 2^-13 of g / s, so only near a half is the exact quotient worth its time.
const quantizeBody = (other = '', results = ''): string => `
${scaledGradient}
uint quantized(vec4 g, ivec4 range) {
  vec4 t = g * intBitsToFloat(range.w);
  vec4 below = floor(t);
  vec4 rest = t - below;
  ivec4 d = ivec4(below) + ivec4(greaterThan(rest, vec4(0.5)));
  bvec4 isClear = greaterThan(abs(rest - 0.5), vec4(0.0009765625));
  bvec4 isSmall = lessThan(abs(t), vec4(512.0));
  if (!(all(isClear) && all(isSmall))) {
    float scale = intBitsToFloat(range.x);
    d = roundHalfEven(vec4(divide(g.x, scale), divide(g.y, scale), divide(g.z, scale), divide(g.w, scale)));
  }
  return packed(clamp(d + range.y, ivec4(0), ivec4(255)));
}
void run(int i) {
  ivec4 own = texelFetch(range, ivec2(0), 0);
  Texel texel = texelOf(i);
  vec4 scales = scalesOf(i);
  uvec4 d = uvec4(0);
  uvec4 e = d;
  for (int s = 0; s < 4; s++) {
    vec4 g = gradientAt(texel, s);
    d[s] = quantized(g, own);
    ${other}
  }
  result0 = d;
  ${results}
}`;

const quantizeProgram = {
  name: 'quantize',
  inputs: { ...sourceInputs, range: 'words' },
  outputs: ['values'],
  body: quantizeBody(),
} as const satisfies Program;

const quantizeBothProgram = {
  ...quantizeProgram,
  name: 'quantize both',
  outputs: ['values', 'values'],
  body: quantizeBody(
    'e[s] = quantized(mul(g, scales), texelFetch(range, ivec2(1, 0), 0));',
    'result1 = e;',
  ),
} as const satisfies Program;

interface SourceDraw {
  readonly inputs: Readonly<Record<keyof typeof gradientInputs, Texture>>;
  readonly uniforms: Uniforms;
}

/** What gatedGradient reads. */
export function sourceOf(gpu: Gpu, { gradient, grid, gate, quads }: GradientSource): SourceDraw {
  return {
    inputs: { gradients: gradient, outputs: gate?.output ?? gpu.placeholder },
    uniforms: {
      ...gridUniforms(grid, quads),
      isGated: gate === null ? 0 : 1,
      above: gate?.above ?? -1,
      below: gate?.below ?? 256,
    },
  };
}

/** What a network has. */
export interface FailingGpu {
  readonly gpu: Gpu;
  readonly failures: Failures;
}

/** Q of a gradient; the results are the caller's. Notes the code `failure` where the gradient is not finite. */
export function quantizeError(
  { gpu, failures }: FailingGpu,
  source: ErrorSource,
  failure: number,
): QuantizedError {
  const previous = failures.status;
  const { constants, count } = source;
  const from = sourceOf(gpu, source);
  const inputs = { ...from.inputs, constants: constants ?? previous };
  const uniforms = { ...from.uniforms, isDouble: constants === null ? 0 : 1 };
  const perPart = Math.max(16, Math.ceil(Math.sqrt(count)));
  const partCount = Math.ceil(count / perPart);
  const parts = gpu.make(extremesProgram, {
    inputs,
    uniforms: { ...uniforms, texels: count, perPart },
    count: partCount,
  });
  const range = gpu.make(rangeProgram, {
    inputs: { parts, previous },
    uniforms: { partCount, failure },
    count: constants === null ? 1 : 2,
  });
  parts.release();
  failures.follow(range);
  const draw = { inputs: { ...inputs, range }, uniforms, count };
  const outputs = gpu.draw(constants === null ? quantizeProgram : quantizeBothProgram, draw);
  return { range, error: itemAt(outputs, 0), scaled: outputs[1] ?? null };
}
