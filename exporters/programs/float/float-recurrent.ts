// Recurrent layers in float32: the forward keeps every step's gates and states, and the gradient goes back
// through all of them. Values are [t, n, width] here: time first, as loops take them.
// n sample, t step, o row, c column.
import { cells, rowsOf } from '#runtime';

import type { ProgramGraph } from '../program-graph.ts';
import { cellPrograms } from '../recurrent/cells.ts';
import { addScan } from '../recurrent/scan.ts';
import type { BodyValue } from '../recurrent/scan.ts';
import { floatCells, traceWidths } from './float-cells.ts';
import type { FloatSite } from './float-operator.ts';
import { floatBias, floatWeights } from './float-parameters.ts';

/** What the forward keeps: [t, n, width] each. */
interface FloatTrace {
  readonly x: string;
  /** Before every step. */
  readonly hidden: string;
  readonly state: string;
  /** See CellProgram. */
  readonly gates: readonly string[];
}

/** Of the programs being written, by node index. */
const traces = new WeakMap<ProgramGraph, Map<number, FloatTrace>>();

/** From [n, features, t, 1] to [n, hidden size, t or 1, 1]. */
export function floatRecurrentForward(
  graph: ProgramGraph,
  site: FloatSite<'recurrent'>,
  x: string,
): string {
  const { attributes, inputShapes } = site;
  const { hiddenSize, reverse, output, cell, initialState } = attributes;
  const [steps, , features] = inputShapes[0]!;
  const { hasCellState } = cells[cell];
  const inTime = graph.reshape(graph.transpose(x, [2, 0, 1, 3]), [steps, -1, features]);
  const { input, hidden } = mapsOf(graph, site);
  const [matrixW, matrixU] = [input, hidden].map((map) => graph.transpose(map.weights, [1, 0]));
  const first = initialState.slice(0, hiddenSize);
  const starts = hasCellState ? [first, initialState.slice(hiddenSize)] : [first];
  const { states, outputs } = addScan(graph, {
    name: `float-steps:${site.index}`,
    states: starts.map((values) => real(startOf(graph, inTime, values, hiddenSize), hiddenSize)),
    inputs: [real(inTime, features)],
    axis: 0,
    reverse,
    step([h, s = h!], [own]) {
      const step = floatCells[cell](graph, {
        vx: graph.add(graph.node('MatMul', [own!, matrixW!]), input.bias),
        vh: graph.add(graph.node('MatMul', [h!, matrixU!]), hidden.bias),
        state: s,
        hiddenSize,
      });
      return {
        states: hasCellState ? [step.output, step.state] : [step.output],
        outputs: [
          ...(output === 'sequence' ? [real(step.output, hiddenSize)] : []),
          real(h!, hiddenSize),
          ...(hasCellState ? [real(s, hiddenSize)] : []),
          ...step.trace.map((value, i) => real(value, traceWidths[cell][i]! * hiddenSize)),
        ],
      };
    },
  });
  const rest = [...outputs];
  const all = output === 'sequence' ? rest.shift()! : null;
  const before = rest.shift()!;
  const state = hasCellState ? rest.shift()! : before;
  const known = traces.get(graph) ?? new Map<number, FloatTrace>();
  traces.set(graph, known.set(site.index, { x: inTime, hidden: before, state, gates: rest }));
  if (all === null) return graph.reshape(states[0]!, [-1, hiddenSize, 1, 1]);
  return graph.reshape(graph.transpose(all, [1, 2, 0]), [-1, hiddenSize, steps, 1]);
}

export interface FloatRecurrentGradients {
  /** Of W then U, flat; null where the layer is not trained. */
  readonly weights: string | null;
  readonly bias: string | null;
  /** Of the input, [n, features, t, 1]; null where not wanted. */
  readonly input: string | null;
}

/** After floatRecurrentForward; `gradient` is that of its result. */
export function floatRecurrentBackward(
  graph: ProgramGraph,
  site: FloatSite<'recurrent'>,
  { gradient, wantsInput }: { readonly gradient: string; readonly wantsInput: boolean },
): FloatRecurrentGradients {
  const { hiddenSize } = site.attributes;
  const [steps, , features] = site.inputShapes[0]!;
  const trace = traces.get(graph)?.get(site.index);
  if (trace === undefined) throw new TypeError(`node ${site.index}: expected a forward before`);
  const { input, hidden } = goBack(graph, site, trace, gradient);
  const rows = rowsOf(site.attributes);
  const flat = (value: string, width: number): string => graph.reshape(value, [-1, width]);
  const product = (d: string, value: string, width: number): string =>
    graph.node('Gemm', [flat(d, rows), flat(value, width)], { attributes: { transA: 1 } });
  const sum = (d: string): string =>
    graph.node('ReduceSum', [d, graph.int64([0, 1])], { attributes: { keepdims: 0 } });
  const maps = mapsOf(graph, site);
  const atInput = wantsInput ? graph.node('MatMul', [input, maps.input.weights]) : null;
  const parts = site.isTrained
    ? [product(input, trace.x, features), product(hidden, trace.hidden, hiddenSize)]
    : null;
  return {
    weights: parts && graph.concat(parts.map((part) => graph.reshape(part, [-1]))),
    bias: parts && graph.concat([sum(input), sum(hidden)]),
    input: atInput && graph.reshape(graph.transpose(atInput, [1, 2, 0]), [-1, features, steps, 1]),
  };
}

/** d of every step, as W and as U takes it. */
function goBack(
  graph: ProgramGraph,
  site: FloatSite<'recurrent'>,
  trace: FloatTrace,
  gradient: string,
): { readonly input: string; readonly hidden: string } {
  const { attributes } = site;
  const { hiddenSize, cell, reverse, output } = attributes;
  const [steps] = site.inputShapes[0]!;
  const program = cellPrograms[cell];
  const { hasCellState } = cells[cell];
  const { hidden: map } = mapsOf(graph, site);
  const isLast = output === 'last';
  const zeros = startOf(graph, trace.x, [], hiddenSize);
  const inTime = isLast
    ? graph.reshape(gradient, [-1, hiddenSize])
    : graph.reshape(graph.transpose(gradient, [2, 0, 1, 3]), [steps, -1, hiddenSize]);
  let isSame = true;
  const { outputs } = addScan(graph, {
    name: `float-back:${site.index}`,
    states: [
      real(isLast ? inTime : zeros, hiddenSize),
      ...(hasCellState ? [real(zeros, hiddenSize)] : []),
    ],
    inputs: [
      real(trace.state, hiddenSize),
      ...trace.gates.map((value, i) => real(value, traceWidths[cell][i]! * hiddenSize)),
      ...(isLast ? [] : [real(inTime, hiddenSize)]),
    ],
    axis: 0,
    reverse: !reverse,
    step([dh, ds = ''], [before, ...own]) {
      const gates = own.slice(0, trace.gates.length);
      const d = program.gradient(graph, {
        trace: gates,
        before: before!,
        hidden: isLast ? dh! : graph.add(dh!, own.at(-1)!),
        state: ds,
        hiddenSize,
      });
      isSame = d.input === d.hidden;
      const back = graph.node('MatMul', [d.hidden, map.weights]);
      const rows = rowsOf(attributes);
      return {
        states: [
          d.carriedHidden === null ? back : graph.add(d.carriedHidden, back),
          ...(d.carriedState === null ? [] : [d.carriedState]),
        ],
        outputs: [real(d.input, rows), ...(isSame ? [] : [real(d.hidden, rows)])],
      };
    },
  });
  const [input = '', hidden = input] = outputs;
  return { input, hidden };
}

interface FloatMap {
  /** [o, c] and [o]. */
  readonly weights: string;
  readonly bias: string;
}

/** Views of `weights:<node>`, W then U, and `bias:<node>`, flat both. */
function mapsOf(
  graph: ProgramGraph,
  site: FloatSite<'recurrent'>,
): { readonly input: FloatMap; readonly hidden: FloatMap } {
  const { hiddenSize } = site.attributes;
  const features = site.inputShapes[0]![2];
  const rows = rowsOf(site.attributes);
  const part = (name: string, value: string, from: number, size: number): string =>
    graph.once(`${name}:${site.index}/${from}`, () =>
      graph.node('Slice', [value, graph.int64([from]), graph.int64([from + size])]),
    );
  const weights = floatWeights(graph, site);
  const bias = floatBias(graph, site);
  const map = (index: 0 | 1, columns: number): FloatMap => {
    const start = index * rows * features;
    const own = part('weights', weights, start, rows * columns);
    return {
      weights: graph.reshape(own, [rows, columns]),
      bias: part('bias', bias, index * rows, rows),
    };
  };
  return { input: map(0, features), hidden: map(1, hiddenSize) };
}

/** [n, hidden size] of the batch of `inTime`; zeros where there are no values. */
function startOf(
  graph: ProgramGraph,
  inTime: string,
  values: readonly number[],
  hiddenSize: number,
): string {
  const own = values.length === 0 ? Array.from({ length: hiddenSize }, () => 0) : values;
  const batch = graph.node('Shape', [inTime], { attributes: { start: 1, end: 2 } });
  const shape = graph.node('Concat', [batch, graph.int64([hiddenSize])], {
    attributes: { axis: 0 },
  });
  const row = own.every((value) => value === 0)
    ? graph.scalar('float32', 0)
    : graph.node('Reshape', [
        graph.vector(`start:${inTime}/${own.join()}`, own),
        graph.int64([1, -1]),
      ]);
  return graph.node('Expand', [row, shape]);
}

function real(value: string, width: number): BodyValue {
  return { value, type: 'float32', dimensions: ['n', width] };
}
