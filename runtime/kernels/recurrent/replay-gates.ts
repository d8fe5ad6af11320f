// The gradient of a chunk before the cut, without going back through the steps between: the gradient at
// the cut times the product of the keep gates, plus a fixed feedback of it where there is one.
import type { StateFeedback } from '../../learning/plan.ts';
import { quantizeError } from '../quantize-error.ts';
import { multiplyRows } from '../window-sums.ts';
import type { CarriedGradient, GateGradients } from './cell-kernel.ts';
import { addDecay, keptShare } from './decay-sums.ts';
import { clearRow } from './go-back.ts';
import type { RecurrentLayer } from './recurrent-layer.ts';
import type { SequenceRun } from './run-step.ts';
import type { Trace } from './trace.ts';

export interface GatesCall {
  readonly from: number;
  readonly to: number;
  /** Its first steps are the chunk's. */
  readonly trace: Trace;
  /** At the cut; not modified. */
  readonly atCut: CarriedGradient;
  readonly decayAtCut: Int32Array;
  /** L before the chunk; moved to its end. */
  readonly decay: Int32Array;
  /** [batch, hiddenSize], from stateGradient; null without a feedback. */
  readonly feedback: Float32Array | null;
}

// lstm: dh = F, ds = f32(keep * ds_cut);  gru: dh = f32(f32(keep * dh_cut) + F);  rnn: dh = F
/** Writes `gates` for every step of the chunk. */
export function replayGates(
  run: SequenceRun,
  { from, to, trace, atCut, decayAtCut, decay, feedback }: GatesCall,
  gates: GateGradients,
): void {
  const { layer, batch, first } = run;
  const { hasCellState, keepGate } = layer.cell;
  const size = batch * layer.hiddenSize;
  const own = { hidden: new Float32Array(size), state: new Float32Array(size) };
  for (let t = from; t < to; t++) {
    addDecay(run, trace, t, t - from, decay);
    for (let i = 0; i < size; i++) {
      const keep = keepGate === null ? 0 : keptShare(decayAtCut[i]!, decay[i]!);
      const fed = feedback === null ? 0 : feedback[i]!;
      own.state[i] = hasCellState ? keep * atCut.state[i]! : 0;
      own.hidden[i] = hasCellState ? fed : Math.fround(keep * atCut.hidden[i]!) + fed;
    }
    for (let n = 0; n < batch; n++) {
      const row = (t - from) * batch + n;
      if (t < first[n]!) clearRow(gates, row, layer.rows);
      else layer.kernel.backward(trace, row, own, n, gates);
    }
  }
}

// e, s_e, z_e = Q([dh, ds]), dh alone where there is no cell state
// F[j] = f32(f32(sum over i of B[row, i] (e[i] - z_e)) * f32(s_e * scales[row])), row = segment * hiddenSize + j
/** What the feedback of one segment makes of the gradient at the cut: float32 [batch, hiddenSize]. */
export function stateGradient(
  { cell, hiddenSize, name }: RecurrentLayer,
  { matrix, scales }: StateFeedback,
  { hidden, state }: CarriedGradient,
  segment: number,
): Float32Array {
  const parts = cell.hasCellState ? [hidden, state] : [hidden];
  const width = parts.length * hiddenSize;
  const batch = hidden.length / hiddenSize;
  const source = new Float32Array(batch * width);
  for (let n = 0; n < batch; n++) {
    for (const [k, part] of parts.entries()) {
      const own = part.subarray(n * hiddenSize, (n + 1) * hiddenSize);
      source.set(own, n * width + k * hiddenSize);
    }
  }
  const { values, scale, zeroPoint } = quantizeError(source, name);
  const firstRow = segment * hiddenSize;
  const own = matrix.subarray(firstRow * width, (firstRow + hiddenSize) * width);
  const [column, sums] = [new Int32Array(width), new Int32Array(hiddenSize)];
  const result = new Float32Array(batch * hiddenSize);
  for (let n = 0; n < batch; n++) {
    for (let i = 0; i < width; i++) column[i] = values[n * width + i]! - zeroPoint;
    multiplyRows(own, column, sums);
    for (let j = 0; j < hiddenSize; j++) {
      const m = Math.fround(scale * scales[firstRow + j]!);
      result[n * hiddenSize + j] = Math.fround(sums[j]!) * m;
    }
  }
  return result;
}
