// CIFAR-10 images in 0..255, channels last: a balanced part of the data set, kept beside the repository.
import type { Shape } from '#runtime';

import { sharedFile } from './shared-file.ts';

export interface Images {
  /** uint8 [n, 32, 32, 3]. */
  readonly x: Uint8Array;
  readonly y: Uint8Array;
}

const pixels = 32 * 32;

/** Null where the file is not there. */
export function cifarImages(split: 'train' | 'test', count: number): Images | null {
  const bytes = sharedFile('cifar10-sub.bin');
  if (!bytes) return null;
  const [images, labels] = split === 'train' ? [0, 15_360_000] : [15_365_008, 21_509_008];
  const total = split === 'train' ? 5000 : 2000;
  // Classes are stored one after another; a stride that shares no factor with the total mixes them.
  const rows = Array.from({ length: count }, (_, index) => (index * 1009) % total);
  const x = new Uint8Array(count * pixels * 3);
  rows.forEach((row, index) => {
    for (let c = 0; c < 3; c++) {
      for (let p = 0; p < pixels; p++) {
        x[(index * pixels + p) * 3 + c] = bytes[images + (row * 3 + c) * pixels + p]!;
      }
    }
  });
  return { x, y: Uint8Array.from(rows, (row) => bytes[labels + row]!) };
}

/** The same images at another size and number of channels (nearest pixel; one channel is the mean). */
export function resized({ x }: Images, [height, width, channels]: Shape): Float32Array {
  const count = x.length / (pixels * 3);
  const result = new Float32Array(count * height * width * channels);
  let index = 0;
  for (let n = 0; n < count; n++) {
    for (let py = 0; py < height; py++) {
      for (let px = 0; px < width; px++) {
        const row = Math.floor((py * 32) / height);
        const column = Math.floor((px * 32) / width);
        const at = (n * pixels + row * 32 + column) * 3;
        for (let c = 0; c < channels; c++) {
          result[index++] =
            channels === 1 ? (x[at]! + x[at + 1]! + x[at + 2]!) / 3 : x[at + (c % 3)]!;
        }
      }
    }
  }
  return result;
}
