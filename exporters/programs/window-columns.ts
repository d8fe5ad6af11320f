// What a window reads, laid out for a matrix product: one row per position, one column per kernel
// offset and channel, in groups where a convolution has them. The index tables are inputs that all
// programs share: a table's name holds its geometry.
import { gatherTable, isPointwise, scatterTable } from '#runtime';
import type { Shape, Window } from '#runtime';

import type { ProgramGraph } from './program-graph.ts';

/** A window seen from its outputs (`gather`) or from its inputs (`scatter`). */
export interface WindowView {
  readonly direction: 'gather' | 'scatter';
  /** Of the window's input, in both directions. */
  readonly shape: Shape;
  readonly window: Window;
}

/** `gather:<height,width,kernel,stride,dilation,pads>`: int32 [positions, offsets], see runtime/graph/window.ts. */
export function indexTable(graph: ProgramGraph, view: WindowView): string {
  const { direction, shape, window } = view;
  const { kernel, stride, dilation, pads } = window;
  const geometry = [shape[0], shape[1], ...kernel, ...stride, ...dilation, ...pads];
  const offsets = kernel[0] * kernel[1];
  return graph.sharedInput(`${direction}:${geometry.join(',')}`, 'int32', [
    tableOf(view).length / offsets,
    offsets,
  ]);
}

/**
 * uint8 [n * positions, offsets * channels], or [groups, n * positions, offsets * channels / groups].
 * `value` is [n, height, width, channels]; places outside it read `padding`, a uint8 scalar.
 */
export function windowColumns(
  graph: ProgramGraph,
  view: WindowView,
  {
    value,
    padding,
    channels,
    groups,
  }: { value: string; padding: string; channels: number; groups: number },
): string {
  const offsets = view.window.kernel[0] * view.window.kernel[1];
  const columns = isPointwise(view.window)
    ? value
    : windowRows(graph, view, { value, padding, channels });
  if (groups === 1) return graph.reshape(columns, [-1, offsets * channels]);
  const perGroup = channels / groups;
  const split = graph.reshape(columns, [-1, offsets, groups, perGroup]);
  return graph.reshape(graph.transpose(split, [2, 0, 1, 3]), [groups, -1, offsets * perGroup]);
}

/** uint8 [n, positions, offsets, channels] of a [n, height, width, channels] value; `padding` as above. */
export function windowRows(
  graph: ProgramGraph,
  view: WindowView,
  { value, padding, channels }: { value: string; padding: string; channels: number },
): string {
  const outside = positionsRead(view);
  const source = graph.reshape(value, [-1, outside, channels]);
  const padded = tableOf(view).includes(outside)
    ? graph.node('Pad', [source, graph.int64([0, 0, 0, 0, 1, 0]), padding])
    : source;
  return graph.node('Gather', [padded, indexTable(graph, view)], { attributes: { axis: 1 } });
}

/** Positions of the tensor that the view reads from. */
function positionsRead(view: WindowView): number {
  if (view.direction === 'gather') return view.shape[0] * view.shape[1];
  const offsets = view.window.kernel[0] * view.window.kernel[1];
  return gatherTable(view.shape, view.window).length / offsets;
}

function tableOf({ direction, shape, window }: WindowView): Int32Array {
  return direction === 'gather' ? gatherTable(shape, window) : scatterTable(shape, window);
}
