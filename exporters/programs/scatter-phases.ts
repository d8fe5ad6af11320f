// The gradient at a window's input, without scattering. Input rows q = stride * q' + phase are all
// reached by the same kernel rows: output row p = q' + shift. So for each phase the gradient is a sum
// over shifted copies of the error, and the phases' results are woven together; a stride of 1 has one
// phase. No position is read that no window reaches.
import { windowOutput } from '#runtime';
import type { Shape, Window } from '#runtime';

import type { ProgramGraph } from './program-graph.ts';

/** A kernel offset that reaches a phase. */
export interface Tap {
  /** In the kernel's order, row by row. */
  readonly k: number;
  /** This offset's values as they arrive here: [n, phase height, phase width, channels]. */
  readonly value: string;
}

export interface ScatterCall {
  /** Of the window's input. */
  readonly shape: Shape;
  readonly window: Window;
  /** What each output hands to offset k: [n, output height, output width, channels]. */
  readonly valueOf: (k: number) => string;
  /** Stands for outputs that are not there: a scalar of the values' type. */
  readonly padding: string;
  /** Adds the sum over a phase's taps, given by kernel row: [n, phase height, phase width, shape's channels]. */
  readonly sum: (rows: readonly (readonly Tap[])[]) => string;
  /** For offsets that nothing reaches: a scalar 0 of the sums' type. */
  readonly zero: string;
}

/** Of a kernel row or column. */
interface Shift {
  readonly k: number;
  readonly shift: number;
}

/** [n, height, width, channels] of the window's input, of the sums' type. */
export function scatterByPhase(graph: ProgramGraph, call: ScatterCall): string {
  const { shape, window, sum, zero } = call;
  const [tall, wide] = ([0, 1] as const).map((axis) => axisPhases(shape, window, axis)) as [
    AxisPhases,
    AxisPhases,
  ];
  const tap = tapMaker(graph, call, [tall, wide]);
  const size = [1, tall.positions, wide.positions, shape[2]];
  const parts = tall.shifts.map((rows) =>
    wide.shifts.map((columns) => {
      if (rows.length === 0 || columns.length === 0) return null;
      return sum(rows.map((row) => columns.map((column) => tap(row, column))));
    }),
  );
  const empty = (): string => {
    const some = parts.flat().find((part) => part !== null);
    return some === undefined
      ? graph.node('Expand', [zero, graph.int64(size)])
      : graph.multiply(some, zero);
  };
  const full = parts.map((row) => row.map((part) => part ?? empty()));
  const woven = weave(graph, full, [tall.positions, wide.positions, shape[2]]);
  const isLarger =
    tall.positions * tall.shifts.length > shape[0] ||
    wide.positions * wide.shifts.length > shape[1];
  return isLarger ? cut(graph, woven, shape) : woven;
}

interface AxisPhases {
  /** Of each phase; the last rows or columns of some may lie beyond the input. */
  readonly positions: number;
  /** By phase, in the kernel's order. */
  readonly shifts: readonly (readonly Shift[])[];
}

function axisPhases(
  shape: Shape,
  { kernel, stride, dilation, pads }: Window,
  axis: 0 | 1,
): AxisPhases {
  const shifts = Array.from({ length: stride[axis] }, (_, phase) =>
    Array.from({ length: kernel[axis] }, (_unused, k) => ({
      k,
      shift: (phase + pads[axis] - k * dilation[axis]) / stride[axis],
    })).filter(({ shift }) => Number.isInteger(shift)),
  );
  return { positions: Math.ceil(shape[axis] / stride[axis]), shifts };
}

/** Makes what an offset brings to a phase: its values shifted, with padding for what lies outside. */
function tapMaker(
  graph: ProgramGraph,
  { shape, window, valueOf, padding }: ScatterCall,
  axes: readonly [AxisPhases, AxisPhases],
): (row: Shift, column: Shift) => Tap {
  const outputs = windowOutput(shape, window);
  const around = axes.map(({ positions, shifts }, axis) => {
    const all = shifts.flat().map(({ shift }) => shift);
    return {
      before: Math.max(0, -Math.min(...all)),
      after: Math.max(0, Math.max(...all) + positions - outputs[axis]!),
    };
  });
  const [tall, wide] = around as [(typeof around)[0], (typeof around)[0]];
  const pads = [0, tall.before, wide.before, 0, 0, tall.after, wide.after, 0];
  const isPadded = pads.some((pad) => pad !== 0);
  return (row, column) => {
    const k = row.k * window.kernel[1] + column.k;
    const value = valueOf(k);
    const padded = isPadded
      ? graph.once(`padded:${value}`, () => graph.node('Pad', [value, graph.int64(pads), padding]))
      : value;
    const starts = [row.shift + tall.before, column.shift + wide.before];
    const ends = starts.map((start, axis) => start + axes[axis]!.positions);
    const bounds = [starts, ends, [1, 2]].map((each) => graph.int64(each));
    return { k, value: graph.node('Slice', [padded, ...bounds]) };
  };
}

/** From [phase row][phase column] to [n, phases * height, phases * width, channels]. */
function weave(
  graph: ProgramGraph,
  parts: readonly (readonly string[])[],
  [height, width, channels]: readonly [number, number, number],
): string {
  const rows = parts.map((row) => {
    if (row.length === 1) return row[0]!;
    const joined = graph.node('Concat', row, { attributes: { axis: 3 } });
    return graph.reshape(joined, [-1, height, width * row.length, channels]);
  });
  if (rows.length === 1) return rows[0]!;
  const columns = parts[0]!.length * width;
  const lines = rows.map((row) => graph.reshape(row, [-1, height, 1, columns * channels]));
  const joined = graph.node('Concat', lines, { attributes: { axis: 2 } });
  return graph.reshape(joined, [-1, height * rows.length, columns, channels]);
}

/** Without the rows and columns beyond the input. */
function cut(graph: ProgramGraph, value: string, [height, width]: Shape): string {
  const [starts, ends, axes] = [
    [0, 0],
    [height, width],
    [1, 2],
  ].map((each) => graph.int64(each));
  return graph.node('Slice', [value, starts!, ends!, axes!]);
}
