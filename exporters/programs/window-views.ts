// What a window reads of a value, offset by offset: the value shifted, or where the window skips
// positions, gathered. Shifted copies of whole rows are several times faster than gathering
// positions, and a view is freed before the next is made.
import { gatherTable, scatterTable, windowOutput } from '#runtime';
import type { Shape, Window } from '#runtime';

import type { ProgramGraph } from './program-graph.ts';

/** A window seen from its outputs (`gather`) or from its inputs (`scatter`). */
export interface WindowView {
  readonly direction: 'gather' | 'scatter';
  /** Of the window's input, in both directions. */
  readonly shape: Shape;
  readonly window: Window;
}

/** [n, height, width, channels], the window's input (`gather`) or output (`scatter`), and what lies outside. */
export interface ViewedValue {
  readonly value: string;
  /** A scalar of the value's type. */
  readonly padding: string;
  readonly channels: number;
}

/** True where every offset's view is a shift: always from the outputs, from the inputs with stride 1. */
export function isShift({ direction, window }: WindowView): boolean {
  return direction === 'gather' || (window.stride[0] === 1 && window.stride[1] === 1);
}

/** One per kernel offset: [n, height, width, channels] of the positions that see, not of those seen. */
export function offsetViews(graph: ProgramGraph, view: WindowView, viewed: ViewedValue): string[] {
  if (!isShift(view)) return gatheredViews(graph, view, viewed);
  const padded = padValue(graph, view, viewed);
  return [0, 1].reduce(
    (values, axis) => values.flatMap((value) => shifts(graph, view, value, axis as 0 | 1)),
    [padded],
  );
}

/**
 * One per row of the kernel, where views are shifts: [n, height, width, kernel columns * channels].
 */
export function rowViews(graph: ProgramGraph, view: WindowView, viewed: ViewedValue): string[] {
  const columns = shifts(graph, view, padValue(graph, view, viewed), 1);
  const joined =
    columns.length === 1 ? columns[0]! : graph.node('Concat', columns, { attributes: { axis: 3 } });
  return shifts(graph, view, joined, 0);
}

/** [n, positions that see, offsets, channels], gathered in one go. */
export function stackedViews(graph: ProgramGraph, view: WindowView, viewed: ViewedValue): string {
  const padded = padPositions(graph, view, viewed);
  return graph.node('Gather', [padded, indexTable(graph, view)], { attributes: { axis: 1 } });
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

function gatheredViews(graph: ProgramGraph, view: WindowView, viewed: ViewedValue): string[] {
  const { shape, window } = view;
  const [table, padded] = [indexTable(graph, view), padPositions(graph, view, viewed)];
  return Array.from({ length: window.kernel[0] * window.kernel[1] }, (_, k) => {
    const row = graph.node('Gather', [table, graph.scalar('int64', k)], {
      attributes: { axis: 1 },
    });
    const read = graph.node('Gather', [padded, row], { attributes: { axis: 1 } });
    return graph.reshape(read, [-1, shape[0], shape[1], viewed.channels]);
  });
}

/** The value along one axis as each row (0) or column (1) of the kernel sees it, in the kernel's order. */
function shifts(
  graph: ProgramGraph,
  { direction, shape, window }: WindowView,
  value: string,
  axis: 0 | 1,
): string[] {
  const [kernel, dilation] = [window.kernel[axis], window.dilation[axis]];
  const seeing = direction === 'gather' ? windowOutput(shape, window)[axis] : shape[axis];
  const step = direction === 'gather' ? window.stride[axis] : 1;
  return Array.from({ length: kernel }, (_, k) => {
    const start = (direction === 'gather' ? k : kernel - 1 - k) * dilation;
    const bounds = [start, start + (seeing - 1) * step + 1, axis + 1, step];
    return graph.node('Slice', [value, ...bounds.map((bound) => graph.int64([bound]))]);
  });
}

/** The value with the rows and columns around it that its views reach; fewer where a pad exceeds the kernel. */
function padValue(
  graph: ProgramGraph,
  { direction, window }: WindowView,
  { value, padding }: ViewedValue,
): string {
  const { kernel, dilation } = window;
  const pads = window.pads.map((pad, side) =>
    direction === 'gather' ? pad : (kernel[side % 2]! - 1) * dilation[side % 2]! - pad,
  );
  if (pads.every((pad) => pad === 0)) return value;
  const [top, left, bottom, right] = pads as [number, number, number, number];
  return graph.node('Pad', [value, graph.int64([0, top, left, 0, 0, bottom, right, 0]), padding]);
}

/** [n, positions, channels], and one position more where the table points outside. */
function padPositions(
  graph: ProgramGraph,
  view: WindowView,
  { value, padding, channels }: ViewedValue,
): string {
  const [height, width] =
    view.direction === 'gather' ? view.shape : windowOutput(view.shape, view.window);
  const positions = graph.reshape(value, [-1, height * width, channels]);
  if (!tableOf(view).includes(height * width)) return positions;
  return graph.node('Pad', [positions, graph.int64([0, 0, 0, 0, 1, 0]), padding]);
}

function tableOf({ direction, shape, window }: WindowView): Int32Array {
  return direction === 'gather' ? gatherTable(shape, window) : scatterTable(shape, window);
}
