// What a window reads of a value, offset by offset, as shifted copies: copying whole rows is faster
// than gathering positions, and a view is freed before the next is made. Where all offsets are wanted
// at once, they are gathered by an index table.
import { gatherTable, scatterTable, windowOutput } from '#runtime';
import type { Shape, Window } from '#runtime';

import type { ProgramGraph } from './program-graph.ts';

export interface WindowOf {
  /** Of the window's input. */
  readonly shape: Shape;
  readonly window: Window;
}

/** A window seen from its outputs (`gather`) or from its inputs (`scatter`). */
export interface WindowView extends WindowOf {
  readonly direction: 'gather' | 'scatter';
}

/** [n, height, width, channels], the window's input (`gather`) or output (`scatter`), and what lies outside. */
export interface ViewedValue {
  readonly value: string;
  /** A scalar of the value's type. */
  readonly padding: string;
  readonly channels: number;
}

/** Of each kernel offset: [n, output height, output width, channels]. */
export function offsetViews(graph: ProgramGraph, window: WindowOf, viewed: ViewedValue): string[] {
  return shifts(graph, window, padValue(graph, window, viewed), 0).flatMap((value) =>
    shifts(graph, window, value, 1),
  );
}

/** Of each row of the kernel: [n, output height, output width, kernel columns * channels]. */
export function rowViews(graph: ProgramGraph, window: WindowOf, viewed: ViewedValue): string[] {
  const columns = shifts(graph, window, padValue(graph, window, viewed), 1);
  const joined =
    columns.length === 1 ? columns[0]! : graph.node('Concat', columns, { attributes: { axis: 3 } });
  return shifts(graph, window, joined, 0);
}

/** [n, positions that see, offsets, channels], gathered in one go. */
export function stackedViews(graph: ProgramGraph, view: WindowView, viewed: ViewedValue): string {
  const padded = padPositions(graph, view, viewed);
  return graph.node('Gather', [padded, indexTable(graph, view)], { attributes: { axis: 1 } });
}

/** `gather:<height,width,kernel,stride,dilation,pads>`: int32 [positions, offsets], see runtime/graph/window.ts. */
function indexTable(graph: ProgramGraph, view: WindowView): string {
  const { direction, shape, window } = view;
  const { kernel, stride, dilation, pads } = window;
  const geometry = [shape[0], shape[1], ...kernel, ...stride, ...dilation, ...pads];
  const offsets = kernel[0] * kernel[1];
  return graph.sharedInput(`${direction}:${geometry.join(',')}`, 'int32', [
    tableOf(view).length / offsets,
    offsets,
  ]);
}

/** The value along one axis as each row (0) or column (1) of the kernel sees it, in the kernel's order. */
function shifts(
  graph: ProgramGraph,
  { shape, window }: WindowOf,
  value: string,
  axis: 0 | 1,
): string[] {
  const outputs = windowOutput(shape, window)[axis];
  return Array.from({ length: window.kernel[axis] }, (_, k) => {
    const start = k * window.dilation[axis];
    const end = start + (outputs - 1) * window.stride[axis] + 1;
    const bounds = [start, end, axis + 1, window.stride[axis]];
    return graph.node('Slice', [value, ...bounds.map((bound) => graph.int64([bound]))]);
  });
}

function padValue(
  graph: ProgramGraph,
  { window: { pads } }: WindowOf,
  { value, padding }: ViewedValue,
): string {
  if (pads.every((pad) => pad === 0)) return value;
  const [top, left, bottom, right] = pads;
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
