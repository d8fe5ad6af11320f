// A recurrent layer's forward run, with what its gradient reads: everything float64, one step after another
// in the order computed, rows and columns padded for `multiplyAdd`.
//
//   vx[t] = W x[t] + b;  vh[t] = U h[t-1] + c
//   lstm  i, o, f = sigma(vx + vh), g = tanh(vx + vh);  s[t] = f s[t-1] + i g;  h[t] = o tanh(s[t])
//   gru   z, r = sigma(vx + vh), n = tanh(vx + r vh);   s[t] = z s[t-1] + (1 - z) n;  h[t] = s[t]
//   rnn   s[t] = tanh(vx + vh);  h[t] = s[t]
import type { CellName, OperatorAttributes, Shape } from '#runtime';
import { cells, rowsOf } from '#runtime';

import type { FloatArray, FloatParameters } from '../array.ts';
import { multiplyAdd, padToFour } from '../multiply.ts';
import { floatMaps } from './maps.ts';

export interface RecurrentCall {
  readonly attributes: OperatorAttributes['recurrent'];
  readonly batch: number;
  /** [batch, steps, 1, features]. */
  readonly input: { readonly data: FloatArray; readonly shape: Shape };
  readonly parameters: FloatParameters;
}

/** Sizes as they are, and with padding: `samples` even, the others multiples of 4. */
export interface TraceSizes {
  readonly batch: number;
  readonly samples: number;
  readonly steps: number;
  readonly features: number;
  readonly paddedFeatures: number;
  readonly hidden: number;
  readonly paddedHidden: number;
  readonly rows: number;
  readonly paddedRows: number;
}

export interface RecurrentTrace {
  readonly cell: CellName;
  readonly sizes: TraceSizes;
  /** [steps, samples, paddedFeatures]. */
  readonly x: Float64Array;
  /** U h[t-1] + c, [steps, samples, paddedRows]. */
  readonly vh: Float64Array;
  /** Behind sigma or tanh, as vh. */
  readonly gates: Float64Array;
  /** [steps + 1, samples, paddedHidden]: entry t is before step t. */
  readonly s: Float64Array;
  readonly h: Float64Array;
}

const sigma = (x: number): number => 1 / (1 + Math.exp(-x));

export function traceRecurrent(call: RecurrentCall): RecurrentTrace {
  const { attributes, parameters } = call;
  const sizes = sizesOf(call);
  const { samples, steps, paddedFeatures, paddedHidden, paddedRows } = sizes;
  const { input, hidden } = floatMaps(parameters, attributes, sizes.features);
  const x = stepMajor(call, sizes);
  const vx = repeated(input.bias, paddedRows, steps * samples);
  const packedInput = packed(input.weights, sizes.rows, sizes.features, paddedRows);
  multiplyAdd({ data: x, rowStride: paddedFeatures, innerStride: 1 }, packedInput, vx, {
    rows: steps * samples,
    inner: sizes.features,
    columns: paddedRows,
  });
  const vh = repeated(hidden.bias, paddedRows, steps * samples);
  const packedHidden = packed(hidden.weights, sizes.rows, sizes.hidden, paddedRows);
  const gates = new Float64Array(vh.length);
  const width = samples * paddedHidden;
  const h = new Float64Array((steps + 1) * width);
  const s = new Float64Array((steps + 1) * width);
  start(attributes, sizes, { h, s });
  const run = stepOf[attributes.cell];
  for (let t = 0; t < steps; t++) {
    const [from, to] = [t * samples * paddedRows, (t + 1) * samples * paddedRows];
    const before = h.subarray(t * width, (t + 1) * width);
    const recurrent = vh.subarray(from, to);
    const size = { rows: samples, inner: sizes.hidden, columns: paddedRows };
    multiplyAdd(
      { data: before, rowStride: paddedHidden, innerStride: 1 },
      packedHidden,
      recurrent,
      size,
    );
    for (let n = 0; n < sizes.batch; n++) {
      run({
        sizes,
        vx,
        vh,
        gates,
        s,
        h,
        row: from + n * paddedRows,
        at: t * width + n * paddedHidden,
      });
    }
  }
  return { cell: attributes.cell, sizes, x, vh, gates, s, h };
}

interface StepArrays {
  readonly sizes: TraceSizes;
  readonly vx: Float64Array;
  readonly vh: Float64Array;
  readonly gates: Float64Array;
  readonly s: Float64Array;
  readonly h: Float64Array;
  /** Where the sample's rows, and its state before the step, begin. */
  readonly row: number;
  readonly at: number;
}

const stepOf: { readonly [Name in CellName]: (arrays: StepArrays) => void } = {
  lstm({ sizes: { hidden, samples, paddedHidden }, vx, vh, gates, s, h, row, at }) {
    const next = at + samples * paddedHidden;
    for (let j = 0; j < hidden; j++) {
      const [ai, ao] = [row + j, row + hidden + j];
      const [af, ag] = [row + 2 * hidden + j, row + 3 * hidden + j];
      const i = (gates[ai] = sigma(vx[ai]! + vh[ai]!));
      const o = (gates[ao] = sigma(vx[ao]! + vh[ao]!));
      const f = (gates[af] = sigma(vx[af]! + vh[af]!));
      const g = (gates[ag] = Math.tanh(vx[ag]! + vh[ag]!));
      const state = (s[next + j] = f * s[at + j]! + i * g);
      h[next + j] = o * Math.tanh(state);
    }
  },
  gru({ sizes: { hidden, samples, paddedHidden }, vx, vh, gates, s, h, row, at }) {
    const next = at + samples * paddedHidden;
    for (let j = 0; j < hidden; j++) {
      const [az, ar, an] = [row + j, row + hidden + j, row + 2 * hidden + j];
      const z = (gates[az] = sigma(vx[az]! + vh[az]!));
      const r = (gates[ar] = sigma(vx[ar]! + vh[ar]!));
      const n = (gates[an] = Math.tanh(vx[an]! + r * vh[an]!));
      h[next + j] = s[next + j] = z * s[at + j]! + (1 - z) * n;
    }
  },
  rnn({ sizes: { hidden, samples, paddedHidden }, vx, vh, gates, s, h, row, at }) {
    const next = at + samples * paddedHidden;
    for (let j = 0; j < hidden; j++) {
      const a = row + j;
      h[next + j] = s[next + j] = gates[a] = Math.tanh(vx[a]! + vh[a]!);
    }
  },
};

function sizesOf({ attributes, batch, input }: RecurrentCall): TraceSizes {
  const [steps, , features] = input.shape;
  const rows = rowsOf(attributes);
  return {
    batch,
    samples: 2 * Math.ceil(batch / 2),
    steps,
    features,
    paddedFeatures: padToFour(features),
    hidden: attributes.hiddenSize,
    paddedHidden: padToFour(attributes.hiddenSize),
    rows,
    paddedRows: padToFour(rows),
  };
}

/** The step that is computed at position `t` of the sequence, and the other way round. */
export function stepAt(
  t: number,
  steps: number,
  { reverse }: OperatorAttributes['recurrent'],
): number {
  return reverse ? steps - 1 - t : t;
}

function stepMajor({ attributes, batch, input }: RecurrentCall, sizes: TraceSizes): Float64Array {
  const { samples, steps, features, paddedFeatures } = sizes;
  const x = new Float64Array(steps * samples * paddedFeatures);
  for (let n = 0; n < batch; n++) {
    for (let t = 0; t < steps; t++) {
      const from = (n * steps + t) * features;
      const to = (stepAt(t, steps, attributes) * samples + n) * paddedFeatures;
      for (let c = 0; c < features; c++) x[to + c] = input.data[from + c]!;
    }
  }
  return x;
}

function start(
  { initialState, hiddenSize, cell }: OperatorAttributes['recurrent'],
  { batch, paddedHidden }: TraceSizes,
  { h, s }: { readonly h: Float64Array; readonly s: Float64Array },
): void {
  if (initialState.length === 0) return;
  const own = cells[cell].hasCellState ? hiddenSize : 0;
  for (let n = 0; n < batch; n++) {
    for (let j = 0; j < hiddenSize; j++) {
      h[n * paddedHidden + j] = initialState[j]!;
      s[n * paddedHidden + j] = initialState[own + j]!;
    }
  }
}

/** [rows, columns] -> [columns, padded rows]. */
function packed(weights: FloatArray, rows: number, columns: number, padded: number): Float64Array {
  const result = new Float64Array(columns * padded);
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < columns; c++) result[c * padded + r] = weights[r * columns + c]!;
  }
  return result;
}

function repeated(bias: FloatArray, padded: number, times: number): Float64Array {
  const result = new Float64Array(times * padded);
  for (let i = 0; i < times; i++) result.set(bias, i * padded);
  return result;
}
