// A patch is what one output position of a layer reads: [k, c] of its window, padding as zeros. A
// panel is a few dozen patches, small enough for the cache, so that a layer becomes products of
// small matrices and its input is never unrolled as a whole.
import type { Shape, Window } from '#runtime';
import { gatherTable, sizeOf } from '#runtime';

import type { FloatArray } from './array.ts';
import { padToFour } from './multiply.ts';

/** How a layer reads its input. `table` is [positions, offsets] -> input position, or `inputs` for padding. */
export interface PatchGeometry {
  readonly table: Int32Array;
  /** Output positions, window positions and input positions of one sample. */
  readonly positions: number;
  readonly offsets: number;
  readonly inputs: number;
  /** Channels of the input, all groups. */
  readonly channels: number;
}

/** Which patches a panel holds: outputs [first, first + rows) of the batch, one group's channels. */
export interface PanelRange {
  readonly first: number;
  readonly rows: number;
  readonly firstChannel: number;
  readonly channels: number;
}

export function windowGeometry(input: Shape, window: Window): PatchGeometry {
  const table = gatherTable(input, window);
  const offsets = window.kernel[0] * window.kernel[1];
  const [height, width, channels] = input;
  return { table, positions: table.length / offsets, offsets, inputs: height * width, channels };
}

/** A dense layer: one position that reads the whole input as channels. */
export function flatGeometry(input: Shape): PatchGeometry {
  return { table: Int32Array.of(0), positions: 1, offsets: 1, inputs: 1, channels: sizeOf(input) };
}

/** Rows of a panel, even; about 64 KiB of patches, and at least 8 to reuse each weight that is loaded. */
export function panelRows(patchLength: number): number {
  return Math.max(8, Math.min(128, 2 * Math.floor(4096 / patchLength)));
}

/** patches[r, (k, c)] = x[gather(first + r, k), firstChannel + c]; a row is padToFour(offsets * channels) long. */
export function gatherPatches(
  { table, positions, offsets, inputs, channels: stride }: PatchGeometry,
  { first, rows, firstChannel, channels }: PanelRange,
  x: FloatArray,
  patches: Float64Array,
): void {
  const length = padToFour(offsets * channels);
  for (let r = 0; r < rows; r++) {
    const sample = Math.floor((first + r) / positions);
    const entry = ((first + r) % positions) * offsets;
    let to = r * length;
    for (let k = 0; k < offsets; k++, to += channels) {
      const q = table[entry + k]!;
      if (q === inputs) {
        patches.fill(0, to, to + channels);
        continue;
      }
      const from = (sample * inputs + q) * stride + firstChannel;
      for (let c = 0; c < channels; c++) patches[to + c] = x[from + c]!;
    }
  }
}

/** The transpose of `gatherPatches`: dx[gather(first + r, k), firstChannel + c] += patches[r, (k, c)]. */
export function scatterPatches(
  { table, positions, offsets, inputs, channels: stride }: PatchGeometry,
  { first, rows, firstChannel, channels }: PanelRange,
  patches: Float64Array,
  dx: FloatArray,
): void {
  const length = padToFour(offsets * channels);
  for (let r = 0; r < rows; r++) {
    const sample = Math.floor((first + r) / positions);
    const entry = ((first + r) % positions) * offsets;
    let from = r * length;
    for (let k = 0; k < offsets; k++, from += channels) {
      const q = table[entry + k]!;
      if (q === inputs) continue;
      const to = (sample * inputs + q) * stride + firstChannel;
      for (let c = 0; c < channels; c++) dx[to + c]! += patches[from + c]!;
    }
  }
}
