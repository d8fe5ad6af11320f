// What happens to gradients between operators: gates, sums, and the way from a feedback's grid to a
// value's positions. All of them are blocks of float32 bits.
import { clampRange } from '#runtime';
import type { Shape } from '#runtime';

import { eachSample } from './each-sample.ts';
import type { Gpu } from './gpu.ts';
import { gridCells, gridUniforms } from './grid.ts';
import type { Grid } from './grid.ts';
import type { Program } from './program.ts';
import type { Gate } from './quantize-error.ts';
import { quadsOf, texelsOf } from './site.ts';
import type { AnySite } from './site.ts';
import type { Texture } from './texture.ts';

// g = g where above < y < below, else 0
const gateProgram = {
  name: 'gate',
  inputs: { gradients: 'blocks', outputs: 'values' },
  outputs: ['blocks'],
  body: `
ivec4 sampleOf(int i, uint output4, int s) {
  ivec4 y = channelsOf(output4);
  ivec4 passes = ivec4(greaterThan(y, ivec4(above))) * ivec4(lessThan(y, ivec4(below)));
  return texelFetch(gradients, ivec3(at(i), s), 0) * passes;
}
void run(int i) {
  uvec4 y = texelFetch(outputs, at(i), 0);
  ${eachSample('result# = sampleOf(i, y.@, #);')}
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

const spreadProgram = {
  name: 'spread',
  inputs: { cells: 'blocks' },
  outputs: ['blocks'],
  body: `${gridCells}
void run(int i) {
  ivec2 from = at(cellOf(i));
  ${eachSample('result# = texelFetch(cells, ivec3(from, #), 0);')}
}`,
} as const satisfies Program;

/** The gate of a node with a clamp, by its output; null without one and at logits. */
export function gateOf(site: AnySite, output: Texture | null): Gate | null {
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

/** A fresh gradient through the gate, or the same one with one owner more. */
export function gated(gpu: Gpu, gradient: Texture, gate: Gate | null): Texture {
  if (gate === null) return gradient.retain();
  return gpu.make(gateProgram, {
    inputs: { gradients: gradient, outputs: gate.output },
    uniforms: { above: gate.above, below: gate.below },
    count: gradient.count,
  });
}

/** f32(a + b) */
export function summed(gpu: Gpu, a: Texture, b: Texture): Texture {
  return gpu.make(sumProgram, { inputs: { a, b }, uniforms: {}, count: a.count });
}

/** A gradient on a grid, at every position of a value of `shape`; the caller's. */
export function spread(
  gpu: Gpu,
  cells: Texture,
  {
    grid,
    shape,
    batch,
  }: { readonly grid: Grid | null; readonly shape: Shape; readonly batch: number },
): Texture {
  if (grid === null) return cells.retain();
  return gpu.make(spreadProgram, {
    inputs: { cells },
    uniforms: gridUniforms(grid, quadsOf(shape)),
    count: texelsOf(shape, batch),
  });
}
