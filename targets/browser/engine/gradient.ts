// What happens to gradients between operators: gates, sums, and the way from a feedback's grid to a
// value's positions. All of them are blocks of float32 bits.
import { clampRange } from '#runtime';

import { eachSample } from './each-sample.ts';
import type { Gpu } from './gpu.ts';
import type { Grid } from './grid.ts';
import type { Program } from './program.ts';
import { gatedGradient, gradientInputs, sourceOf } from './quantize-error.ts';
import type { Gate, GradientSource } from './quantize-error.ts';
import { quadsOf, texelsOf } from './site.ts';
import type { AnySite } from './site.ts';
import type { Texture } from './texture.ts';

// g = g where above < y < below, else 0, at every position that a cell stands for
const gateProgram = {
  name: 'gate',
  inputs: gradientInputs,
  outputs: ['blocks'],
  body: `
${gatedGradient}
void run(int i) {
  Texel texel = texelOf(i);
  ${eachSample('result# = bitsAt(texel, #);')}
}`,
} as const satisfies Program;

const sumProgram = {
  name: 'sum of gradients',
  inputs: { a: 'blocks', b: 'blocks' },
  outputs: ['blocks'],
  body: `
ivec4 sampleOf(int i, int s) {
  ivec3 p = ivec3(at(i), s);
  return floatBitsToInt(add(intBitsToFloat(texelFetch(a, p, 0)), intBitsToFloat(texelFetch(b, p, 0))));
}
void run(int i) {
  ${eachSample('result# = sampleOf(i, #);')}
}`,
} as const satisfies Program;

/** The gate of a node with a clamp, by its output; null without one and at logits. */
function gateOf(site: AnySite, output: Texture | null): Gate | null {
  if (output === null || site.outputQuantization === null) return null;
  if (!('clamp' in site.attributes) || site.attributes.clamp === null) return null;
  const { clamp } = site.attributes;
  const { lo, hi } = clampRange(clamp, site.outputQuantization);
  return {
    output,
    above: clamp.minimum === -Infinity ? -1 : lo,
    below: clamp.maximum === Infinity ? 256 : hi,
  };
}

/** The gradient of what a node made, `output`, which is null at logits. */
export function sourceAt(
  site: AnySite,
  {
    gradient,
    grid,
    output,
    batch,
  }: {
    readonly gradient: Texture;
    readonly grid: Grid | null;
    readonly output: Texture | null;
    readonly batch: number;
  },
): GradientSource {
  const { outputShape } = site;
  return {
    gradient,
    grid,
    gate: gateOf(site, output),
    count: texelsOf(outputShape, batch),
    quads: quadsOf(outputShape),
  };
}

/** A gradient at every position and through its gate: a fresh one, or the same with one owner more. */
export function gated(gpu: Gpu, source: GradientSource): Texture {
  const { gradient, grid, gate, count } = source;
  if (grid === null && gate === null) return gradient.retain();
  return gpu.make(gateProgram, { ...sourceOf(gpu, source), count });
}

/** f32(a + b) */
export function summed(gpu: Gpu, a: Texture, b: Texture): Texture {
  return gpu.make(sumProgram, { inputs: { a, b }, uniforms: {}, count: a.count });
}
