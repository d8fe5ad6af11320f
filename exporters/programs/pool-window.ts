// What the two pools share: which windows tile their input, and sums over the windows that reach a
// position, in the order the specification fixes.
import { gatherTable, windowOutput } from '#runtime';
import type { Shape, Window } from '#runtime';

import type { ProgramGraph } from './program-graph.ts';
import { scatterByPhase } from './scatter-phases.ts';

/** True where every position is in exactly one window: a global pool, or strides equal to the kernel. */
export function isTiling(shape: Shape, window: Window): boolean {
  const output = windowOutput(shape, window);
  return ([0, 1] as const).every(
    (axis) =>
      output[axis] * window.kernel[axis] === shape[axis] &&
      (output[axis] === 1 || window.stride[axis] === window.kernel[axis]) &&
      window.dilation[axis] === 1 &&
      window.pads[axis] === 0 &&
      window.pads[axis + 2] === 0,
  );
}

/** Of a tiling window: [n, tile row, row, tile column, column, channels]; a view. */
export function inputTiles(
  graph: ProgramGraph,
  value: string,
  shape: Shape,
  window: Window,
): string {
  return graph.reshape(value, tileSizes(shape, window));
}

/** [-1, tile rows, rows, tile columns, columns, channels]. */
export function tileSizes(shape: Shape, window: Window): number[] {
  const [height, width] = windowOutput(shape, window);
  return [-1, height, window.kernel[0], width, window.kernel[1], shape[2]];
}

/** One element per tile, to be spread over `inputTiles`: [n, tile row, 1, tile column, 1, channels]; a view. */
export function outputTiles(
  graph: ProgramGraph,
  value: string,
  shape: Shape,
  window: Window,
): string {
  const [height, width] = windowOutput(shape, window);
  return graph.reshape(value, [-1, height, 1, width, 1, shape[2]]);
}

/**
 * sum over k ascending of share(k)[scatter(q, k)]: float32 [n, height, width, channels] of the input.
 * `shareOf` gives what each output hands to offset k: float32 [n, output height, output width, channels].
 */
export function sumOverReach(
  graph: ProgramGraph,
  { shape, window }: { readonly shape: Shape; readonly window: Window },
  shareOf: (k: number) => string,
): string {
  return scatterByPhase(graph, {
    shape,
    window,
    valueOf: shareOf,
    padding: graph.scalar('float32', 0),
    sum: (rows) =>
      rows
        .flat()
        .map(({ value }) => value)
        .reduce((total, share) => graph.add(total, share)),
    zero: graph.scalar('float32', 0),
  });
}

/** count[p] of an average: offsets inside the input, at least 1, or all of them where padding counts. */
export function windowCounts(shape: Shape, window: Window, countPadding: boolean): number[] {
  const offsets = window.kernel[0] * window.kernel[1];
  const table = gatherTable(shape, window);
  return Array.from({ length: table.length / offsets }, (_, p) => {
    if (countPadding) return offsets;
    const row = table.subarray(p * offsets, (p + 1) * offsets);
    return Math.max(1, row.filter((q) => q < shape[0] * shape[1]).length);
  });
}
