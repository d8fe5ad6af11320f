// The gradient of the states, carried back through the steps of a chunk.
import { quantizeErrorInto } from '../quantize-error.ts';
import { multiplyRows } from '../window-sums.ts';
import type { CarriedGradient, GateGradients } from './cell-kernel.ts';
import type { SequenceRun } from './run-step.ts';
import type { Trace } from './trace.ts';
import { transpose } from './transpose.ts';

/** Back through U; holds what a step needs for a moment. Made from the weights before any update. */
export interface HiddenBackward {
  /** U as [hiddenSize, rows]. */
  readonly matrix: Int8Array;
  readonly scaled: Float32Array;
  readonly errors: Uint8Array;
  readonly column: Int32Array;
  readonly sums: Int32Array;
}

export function hiddenBackwardOf({ layer, batch }: SequenceRun): HiddenBackward {
  const { rows, hiddenSize, maps } = layer;
  return {
    matrix: transpose(maps.hidden.weights, hiddenSize),
    scaled: new Float32Array(batch * rows),
    errors: new Uint8Array(batch * rows),
    column: new Int32Array(rows),
    sums: new Int32Array(hiddenSize),
  };
}

/** Steps [from, to) of the sequence, which are the first ones of the trace. */
interface BackCall {
  readonly from: number;
  readonly to: number;
  readonly trace: Trace;
  /** At every step's output, [batch, steps, hiddenSize]; null where the output is the last step. */
  readonly gradient: Float32Array | null;
}

/** From the chunk's end to its start: writes `gates`, and moves `carried` to before the chunk. */
export function goBack(
  run: SequenceRun,
  { from, to, trace, gradient }: BackCall,
  carried: CarriedGradient,
  gates: GateGradients,
  backward: HiddenBackward,
): void {
  const { layer, batch, first } = run;
  for (let t = to - 1; t >= from; t--) {
    for (let n = 0; n < batch; n++) {
      const row = (t - from) * batch + n;
      if (t < first[n]!) {
        clearRow(gates, row, layer.rows);
        continue;
      }
      if (gradient !== null) addOutputGradient(run, gradient, t, n, carried.hidden);
      layer.kernel.backward(trace, row, carried, n, gates);
    }
    goThroughHidden(run, gates.hidden, t, t - from, carried.hidden, backward);
  }
}

/** dh_t = f32(gy[t] + dh) of sample n. */
function addOutputGradient(
  { layer: { hiddenSize, steps } }: SequenceRun,
  gradient: Float32Array,
  t: number,
  n: number,
  hidden: Float32Array,
): void {
  const at = (n * steps + t) * hiddenSize;
  for (let j = 0; j < hiddenSize; j++) hidden[n * hiddenSize + j]! += gradient[at + j]!;
}

// e, s_e, z_e = Q(f32(d * s_u[o])) of one step over the batch
// dh[j] = f32(dh[j] + f32(f32(sum over o of u[o, j] (e[o] - z_e)) * s_e))
function goThroughHidden(
  { layer, batch, first }: SequenceRun,
  gates: Float32Array,
  t: number,
  slot: number,
  hidden: Float32Array,
  { matrix, scaled, errors, column, sums }: HiddenBackward,
): void {
  const { rows, hiddenSize, maps, name } = layer;
  const { weightScales } = maps.hidden;
  const start = slot * batch * rows;
  for (let i = 0, o = 0; i < scaled.length; i++) {
    scaled[i] = gates[start + i]! * weightScales[o]!;
    o = o + 1 === rows ? 0 : o + 1;
  }
  const { scale, zeroPoint } = quantizeErrorInto(errors, scaled, name);
  for (let n = 0; n < batch; n++) {
    if (t < first[n]!) continue;
    for (let o = 0; o < rows; o++) column[o] = errors[n * rows + o]! - zeroPoint;
    multiplyRows(matrix, column, sums);
    for (let j = 0; j < hiddenSize; j++) {
      hidden[n * hiddenSize + j]! += Math.fround(Math.fround(sums[j]!) * scale);
    }
  }
}

export function clearRow({ input, hidden }: GateGradients, row: number, rows: number): void {
  input.fill(0, row * rows, (row + 1) * rows);
  hidden.fill(0, row * rows, (row + 1) * rows);
}
