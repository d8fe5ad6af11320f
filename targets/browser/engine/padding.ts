// Samples as callers have them, [n, y, x, c], and as textures have them: four samples and four
// channels to a texel (texture.ts). What is added is 0, what was added is left out.
import { sizeOf } from '#runtime';
import type { Shape } from '#runtime';

import { groupsOf, quadsOf, texelsOf } from './site.ts';

/** Calls `use` with the index of each number and where it lies: texel, sample and channel within it. */
function forEachNumber(
  shape: Shape,
  batch: number,
  use: (index: number, texel: number, sample: number, channel: number) => void,
): void {
  const [height, width, channels] = shape;
  const [positions, quads] = [height * width, quadsOf(shape)];
  let index = 0;
  for (let n = 0; n < batch; n++) {
    let texel = (n >> 2) * positions * quads;
    for (let p = 0; p < positions; p++) {
      for (let c = 0; c < channels; c++) use(index++, texel + (c >> 2), n & 3, c & 3);
      texel += quads;
    }
  }
}

/** Numbers of a texture of values. */
export function packValues(values: Uint8Array, shape: Shape, batch: number): Uint32Array {
  const packed = new Uint32Array(4 * texelsOf(shape, batch));
  const bytes = new Uint8Array(packed.buffer);
  forEachNumber(shape, batch, (index, texel, sample, channel) => {
    bytes[16 * texel + 4 * sample + channel] = values[index] ?? 0;
  });
  return packed;
}

/** uint8 [n, y, x, c] of what was read from a texture of values. */
export function unpackValues(packed: Int32Array, shape: Shape, batch: number): Uint8Array {
  const values = new Uint8Array(batch * sizeOf(shape));
  forEachNumber(shape, batch, (index, texel, sample, channel) => {
    values[index] = (packed[4 * texel + sample] ?? 0) >> (8 * channel);
  });
  return values;
}

/** float32 [n, y, x, c] of what was read from a texture of blocks, one layer after another. */
export function unpackBlocks(blocks: Int32Array, shape: Shape, batch: number): Float32Array {
  const bits = new Int32Array(batch * sizeOf(shape));
  const layer = blocks.length / 4;
  forEachNumber(shape, batch, (index, texel, sample, channel) => {
    bits[index] = blocks[sample * layer + 4 * texel + channel] ?? 0;
  });
  return new Float32Array(bits.buffer);
}

/** Bits of targets [n, classes] as words, four classes to a texel. */
export function packTargets(targets: Float32Array, classes: number): Int32Array {
  const stride = 4 * Math.ceil(classes / 4);
  const batch = targets.length / classes;
  const packed = new Float32Array(4 * groupsOf(batch) * stride);
  for (let n = 0; n < batch; n++) {
    packed.set(targets.subarray(n * classes, (n + 1) * classes), n * stride);
  }
  return new Int32Array(packed.buffer);
}
