// What the two pools share: which windows tile their input, and sums over the windows that reach a
// position, in the order the specification fixes.
import { gatherTable, windowOutput } from '#runtime';
import type { Shape, Window } from '#runtime';

import type { ProgramGraph } from './program-graph.ts';
import { indexTable } from './window-views.ts';

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
 * sum over k ascending of term(share[scatter(q, k)]): float32 [n, q, channels].
 * `share` is float32 [n, p, channels]; `term` may add to what is read for offset k, given its row of indices.
 */
export function sumOverReach(
  graph: ProgramGraph,
  { share, shape, window }: { share: string; shape: Shape; window: Window },
  term: (read: string, outputPositions: string) => string = (read) => read,
): string {
  const table = indexTable(graph, { direction: 'scatter', shape, window });
  const padded = withPadding(graph, share, graph.scalar('float32', 0));
  let sum: string | null = null;
  for (let k = 0; k < window.kernel[0] * window.kernel[1]; k++) {
    const row = graph.node('Gather', [table, graph.scalar('int64', k)], {
      attributes: { axis: 1 },
    });
    const next = term(graph.node('Gather', [padded, row], { attributes: { axis: 1 } }), row);
    sum = sum === null ? next : graph.add(sum, next);
  }
  return sum!;
}

/** [n, positions + 1, channels]: what a table reads for a place outside. */
export function withPadding(graph: ProgramGraph, value: string, padding: string): string {
  return graph.node('Pad', [value, graph.int64([0, 0, 0, 0, 1, 0]), padding]);
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
