// What happens to gradients between operators: gates, sums, and the way from a feedback's grid to a
// value's positions. All of them are words of float32 bits.
import { clampRange } from '#runtime';
import type { Shape } from '#runtime';

import type { Gpu } from './gpu.ts';
import type { Program } from './program.ts';
import type { Gate } from './quantize-error.ts';
import { quadsOf, texelsOf } from './site.ts';
import type { AnySite } from './site.ts';
import type { Texture } from './texture.ts';
import { places } from './window.ts';

// g = g where above < y < below, else 0
const gateProgram = {
  name: 'gate',
  inputs: { gradients: 'words', outputs: 'bytes' },
  integers: ['above', 'below'],
  outputs: ['words'],
  body: `
void run(int i) {
  ivec4 y = ivec4(texelFetch(outputs, at(i), 0));
  ivec4 passes = ivec4(greaterThan(y, ivec4(above))) * ivec4(lessThan(y, ivec4(below)));
  result0 = texelFetch(gradients, at(i), 0) * passes;
}`,
} as const satisfies Program;

const sumProgram = {
  name: 'sum of gradients',
  inputs: { a: 'words', b: 'words' },
  integers: [],
  outputs: ['words'],
  body: `
void run(int i) {
  result0 = floatBitsToInt(add(intBitsToFloat(texelFetch(a, at(i), 0)), intBitsToFloat(texelFetch(b, at(i), 0))));
}`,
} as const satisfies Program;

// Position (y, x) takes cell (floor(y gridHeight / height), floor(x gridWidth / width)).
const spreadProgram = {
  name: 'spread',
  inputs: { cells: 'words' },
  integers: ['height', 'width', 'gridHeight', 'gridWidth', 'quads'],
  outputs: ['words'],
  body: `${places}
void run(int i) {
  Place p = placeOf(i, height, width, quads);
  int cell = (p.n * gridHeight + p.y * gridHeight / height) * gridWidth + p.x * gridWidth / width;
  result0 = texelFetch(cells, at(cell * quads + p.quad), 0);
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

/** Cells [n, grid, c] copied to the positions of a value of `shape`, the nearest first. */
export function spread(
  gpu: Gpu,
  cells: Texture,
  {
    grid,
    shape,
    batch,
  }: { readonly grid: readonly [number, number]; readonly shape: Shape; readonly batch: number },
): Texture {
  if (grid[0] === shape[0] && grid[1] === shape[1]) return cells.retain();
  return gpu.make(spreadProgram, {
    inputs: { cells },
    uniforms: {
      height: shape[0],
      width: shape[1],
      gridHeight: grid[0],
      gridWidth: grid[1],
      quads: quadsOf(shape),
    },
    count: texelsOf(shape, batch),
  });
}
