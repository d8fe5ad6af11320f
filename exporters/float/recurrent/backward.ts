// A recurrent layer's gradient by backpropagation through time, and the sums of its weights' gradients over
// any gradients at its steps.
import type { OperatorAttributes } from '#runtime';

import type { FloatArray, FloatParameters } from '../array.ts';
import { multiplyAdd } from '../multiply.ts';
import { floatMaps } from './maps.ts';
import { stepGradient } from './step-gradient.ts';
import type { StepGradients } from './step-gradient.ts';
import type { RecurrentTrace } from './trace.ts';
import { stepAt } from './trace.ts';

/** At every step of a trace: [steps, samples, paddedRows] at the sums, [steps, samples, paddedHidden] at the states. */
export interface SequenceGradients {
  readonly d: Float64Array;
  readonly du: Float64Array;
  /** At h[t], whole; and of an LSTM at s[t], as the step after it left it. */
  readonly dh: Float64Array;
  readonly ds: Float64Array;
}

export function emptyGradients({ sizes }: RecurrentTrace): SequenceGradients {
  const { steps, samples, paddedRows, paddedHidden } = sizes;
  const ofRows = (): Float64Array => new Float64Array(steps * samples * paddedRows);
  const ofStates = (): Float64Array => new Float64Array(steps * samples * paddedHidden);
  return { d: ofRows(), du: ofRows(), dh: ofStates(), ds: ofStates() };
}

// dh[t] = gy[t] + U^T du[t+1] + past[t+1]

export interface BackwardStart {
  /** At the output, as its layer has it. */
  readonly gy: FloatArray;
  /** U with c. */
  readonly hidden: FloatParameters;
  /** The first step to go back to; 0 by default. */
  readonly from?: number;
}

/** Goes back from the last step; steps before `from` have zeros. */
export function throughTime(
  trace: RecurrentTrace,
  attributes: OperatorAttributes['recurrent'],
  { gy, hidden, from = 0 }: BackwardStart,
): SequenceGradients {
  const { sizes } = trace;
  const { samples, steps, paddedHidden, paddedRows, rows } = sizes;
  const all = emptyGradients(trace);
  const weights = packedHidden(hidden.weights, sizes);
  const width = samples * paddedHidden;
  const carried = new Float64Array(width);
  const past = new Float64Array(width);
  const ds = new Float64Array(width);
  for (let t = steps - 1; t >= from; t--) {
    addOutput(trace, attributes, gy, { t, carried });
    all.dh.set(carried, t * width);
    all.ds.set(ds, t * width);
    const own = stepViews(trace, all, t, { dh: carried, ds, past });
    stepGradient(trace, t, own);
    carried.set(past);
    const errors = { data: own.du, rowStride: paddedRows, innerStride: 1 };
    multiplyAdd(errors, weights, carried, { rows: samples, inner: rows, columns: paddedHidden });
  }
  return all;
}

/** The arrays of step `t`, and what is carried from step to step. */
export function stepViews(
  { sizes: { samples, paddedRows } }: RecurrentTrace,
  { d, du }: SequenceGradients,
  t: number,
  carried: Pick<StepGradients, 'dh' | 'ds' | 'past'>,
): StepGradients {
  const [from, to] = [t * samples * paddedRows, (t + 1) * samples * paddedRows];
  return { d: d.subarray(from, to), du: du.subarray(from, to), ...carried };
}

function addOutput(
  { sizes: { batch, steps, hidden, paddedHidden } }: RecurrentTrace,
  attributes: OperatorAttributes['recurrent'],
  gy: FloatArray,
  { t, carried }: { readonly t: number; readonly carried: Float64Array },
): void {
  const isSequence = attributes.output === 'sequence';
  if (!isSequence && t !== steps - 1) return;
  const position = stepAt(t, steps, attributes);
  for (let n = 0; n < batch; n++) {
    const from = (isSequence ? n * steps + position : n) * hidden;
    for (let j = 0; j < hidden; j++) carried[n * paddedHidden + j]! += gy[from + j]!;
  }
}

// dW = sum over t of d[t]^T x[t];  dU = sum over t of du[t]^T h[t-1];  db = sum d;  dc = sum du

/** Adds to `into`, W with b and then U with c. */
export function addParameterGradients(
  { sizes, x, h }: RecurrentTrace,
  attributes: OperatorAttributes['recurrent'],
  { d, du }: SequenceGradients,
  into: FloatParameters,
): void {
  const maps = floatMaps(into, attributes, sizes.features);
  addMapGradient(d, x, maps.input, sizes.paddedFeatures);
  addMapGradient(
    du,
    h.subarray(0, sizes.steps * sizes.samples * sizes.paddedHidden),
    maps.hidden,
    sizes.paddedHidden,
  );

  function addMapGradient(
    errors: Float64Array,
    values: Float64Array,
    { weights, bias }: FloatParameters,
    columns: number,
  ): void {
    const { rows, paddedRows, steps, samples } = sizes;
    const sums = new Float64Array(paddedRows * columns);
    const transposed = { data: errors, rowStride: 1, innerStride: paddedRows };
    multiplyAdd(transposed, values, sums, { rows: paddedRows, inner: steps * samples, columns });
    const fan = weights.length / rows;
    for (let r = 0; r < rows; r++) {
      for (let c = 0; c < fan; c++) weights[r * fan + c]! += sums[r * columns + c]!;
      for (let i = r; i < errors.length; i += paddedRows) bias[r]! += errors[i]!;
    }
  }
}

// dx[t] = W^T d[t]

/** Adds to `dx`, [batch, steps, 1, features]; `input` is W with b. */
export function addInputGradient(
  { sizes }: RecurrentTrace,
  attributes: OperatorAttributes['recurrent'],
  { d }: SequenceGradients,
  { input, dx }: { readonly input: FloatParameters; readonly dx: FloatArray },
): void {
  const { batch, samples, steps, rows, paddedRows, features, paddedFeatures } = sizes;
  const weights = new Float64Array(rows * paddedFeatures);
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < features; c++) {
      weights[r * paddedFeatures + c] = input.weights[r * features + c]!;
    }
  }
  const sums = new Float64Array(steps * samples * paddedFeatures);
  multiplyAdd({ data: d, rowStride: paddedRows, innerStride: 1 }, weights, sums, {
    rows: steps * samples,
    inner: rows,
    columns: paddedFeatures,
  });
  for (let n = 0; n < batch; n++) {
    for (let t = 0; t < steps; t++) {
      const from = (stepAt(t, steps, attributes) * samples + n) * paddedFeatures;
      const to = (n * steps + t) * features;
      for (let c = 0; c < features; c++) dx[to + c]! += sums[from + c]!;
    }
  }
}

/** U, [rows, paddedHidden]. */
function packedHidden(
  weights: FloatArray,
  { rows, hidden, paddedHidden }: RecurrentTrace['sizes'],
): Float64Array {
  const packed = new Float64Array(rows * paddedHidden);
  for (let r = 0; r < rows; r++) {
    packed.set(weights.subarray(r * hidden, (r + 1) * hidden), r * paddedHidden);
  }
  return packed;
}
