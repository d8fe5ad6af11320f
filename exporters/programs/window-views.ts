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
  const [rows, columns] = [shiftsOf(window, 0), shiftsOf(window, 1)];
  const padded = padValue(graph, window, viewed);
  return rows.flatMap((row) => columns.map((column) => slice(graph, padded, [row, column])));
}

/** Of each row of the kernel: [n, output height, output width, kernel columns * channels]. */
export function rowViews(graph: ProgramGraph, window: WindowOf, viewed: ViewedValue): string[] {
  const padded = padValue(graph, window, viewed);
  const columns = shiftsOf(window, 1).map((shift) => slice(graph, padded, [shift]));
  const joined =
    columns.length === 1 ? columns[0]! : graph.node('Concat', columns, { attributes: { axis: 3 } });
  return shiftsOf(window, 0).map((shift) => slice(graph, joined, [shift]));
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

/** What a row (axis 1) or column (axis 2) of the kernel sees of the padded value. */
interface Shift {
  readonly axis: 1 | 2;
  readonly start: number;
  readonly end: number;
  readonly step: number;
}

/** In the kernel's order. */
function shiftsOf({ shape, window }: WindowOf, side: 0 | 1): Shift[] {
  const step = window.stride[side];
  const reach = (windowOutput(shape, window)[side] - 1) * step + 1;
  return Array.from({ length: window.kernel[side] }, (_, k) => {
    const start = k * window.dilation[side];
    return { axis: side === 0 ? 1 : 2, start, end: start + reach, step };
  });
}

function slice(graph: ProgramGraph, value: string, shifts: readonly Shift[]): string {
  const bounds = (['start', 'end', 'axis', 'step'] as const).map((bound) =>
    graph.int64(shifts.map((shift) => shift[bound])),
  );
  return graph.node('Slice', [value, ...bounds]);
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
