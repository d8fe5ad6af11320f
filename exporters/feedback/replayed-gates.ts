// What a recurrent layer learns by gates, in real numbers: exact gradients behind the cut, and before it the
// gradient at the cut times the product of the keep gates, plus a fixed feedback of it where there is one.
import type { Recurrence, StateFeedback } from '#runtime';
import { cells } from '#runtime';
import { sequenceCalls } from '#runtime/sequences';

import { emptyGradients, stepViews } from '../float/recurrent/backward.ts';
import type { SequenceGradients } from '../float/recurrent/backward.ts';
import { stepGradient } from '../float/recurrent/step-gradient.ts';
import type { RecurrentTrace } from '../float/recurrent/trace.ts';
import type { RecurrentSignals } from './recurrent-signals.ts';

/** The first step that takes the exact gradient. */
export function cutOf({ sizes: { steps } }: RecurrentTrace, { exactSteps }: Recurrence): number {
  return Math.max(0, steps - exactSteps);
}

/** By step before the cut: the segment whose feedback it takes. */
export function segmentsOf(steps: number, recurrence: Recurrence, segments: number): Int32Array {
  const cut = Math.max(0, steps - recurrence.exactSteps);
  const result = new Int32Array(cut);
  for (const call of sequenceCalls({ ...recurrence, earlier: 'gates' }, steps, 'last').learn) {
    if (call.call !== 'gates') continue;
    result.fill(Math.floor(call.position * segments), call.from, call.to);
  }
  return result;
}

/** The gradient at the state before the cut, [batch, hidden] or [batch, hidden and cell state]. */
export function stateAtCut({ trace, exact }: RecurrentSignals, cut: number): Float64Array {
  const { batch, samples, hidden, paddedHidden } = trace.sizes;
  const parts = cells[trace.cell].hasCellState ? [exact.dh, exact.ds] : [exact.dh];
  const width = parts.length * hidden;
  const state = new Float64Array(batch * width);
  for (let n = 0; n < batch; n++) {
    const from = ((cut - 1) * samples + n) * paddedHidden;
    for (const [k, part] of parts.entries()) {
      state.set(part.subarray(from, from + hidden), n * width + k * hidden);
    }
  }
  return state;
}

// keep[t] = product of the keep gates of steps t + 1 .. cut - 1
/** [cut, samples, paddedHidden]; zeros without a keep gate. */
export function keptShares({ cell, sizes, gates }: RecurrentTrace, cut: number): Float64Array {
  const { samples, hidden, paddedHidden, paddedRows } = sizes;
  const width = samples * paddedHidden;
  const { keepGate } = cells[cell];
  const kept = new Float64Array(cut * width);
  if (keepGate === null || cut === 0) return kept;
  kept.fill(1, (cut - 1) * width);
  for (let t = cut - 2; t >= 0; t--) {
    for (let n = 0; n < samples; n++) {
      const gate = ((t + 1) * samples + n) * paddedRows + keepGate * hidden;
      const at = n * paddedHidden;
      for (let j = 0; j < hidden; j++) {
        kept[t * width + at + j] = kept[(t + 1) * width + at + j]! * gates[gate + j]!;
      }
    }
  }
  return kept;
}

/** Gradients at the sums of every step; `feedback` null gives none beyond the gates, `none` none before the cut. */
export function approximateGradients(
  signals: RecurrentSignals,
  recurrence: Recurrence,
  feedback: StateFeedback | null,
): SequenceGradients {
  const { trace, exact } = signals;
  const { steps, batch, samples, hidden, paddedHidden, paddedRows } = trace.sizes;
  const cut = cutOf(trace, recurrence);
  const all = emptyGradients(trace);
  all.d.set(exact.d.subarray(cut * samples * paddedRows), cut * samples * paddedRows);
  all.du.set(exact.du.subarray(cut * samples * paddedRows), cut * samples * paddedRows);
  if (recurrence.earlier === 'none' || cut === 0) return all;
  const { hasCellState } = cells[trace.cell];
  const width = samples * paddedHidden;
  const atCut = {
    dh: exact.dh.subarray((cut - 1) * width, cut * width),
    ds: exact.ds.subarray((cut - 1) * width, cut * width),
  };
  const kept = keptShares(trace, cut);
  const segments = segmentsOf(steps, recurrence, feedback?.segments ?? 1);
  const fed = feedback === null ? null : fedBack(feedback, stateAtCut(signals, cut), batch, hidden);
  const own = {
    dh: new Float64Array(width),
    ds: new Float64Array(width),
    past: new Float64Array(width),
  };
  for (let t = 0; t < cut; t++) {
    for (let n = 0; n < batch; n++) {
      const row = (segments[t]! * batch + n) * hidden;
      for (let j = 0; j < hidden; j++) {
        const at = n * paddedHidden + j;
        const keep = kept[t * width + at]!;
        const given = fed === null ? 0 : fed[row + j]!;
        own.dh[at] = (hasCellState ? 0 : keep * atCut.dh[at]!) + given;
        own.ds[at] = keep * atCut.ds[at]!;
      }
    }
    stepGradient(trace, t, stepViews(trace, all, t, own));
  }
  return all;
}

// F[segment, j] = scales[row] * sum over i of B[row, i] state[i],  row = segment * hidden + j
/** [segments, batch, hidden]. */
function fedBack(
  { segments, matrix, scales }: StateFeedback,
  state: Float64Array,
  batch: number,
  hidden: number,
): Float64Array {
  const width = state.length / batch;
  const fed = new Float64Array(segments * batch * hidden);
  for (let row = 0; row < segments * hidden; row++) {
    const [segment, j] = [Math.floor(row / hidden), row % hidden];
    for (let n = 0; n < batch; n++) {
      let sum = 0;
      for (let i = 0; i < width; i++) sum += matrix[row * width + i]! * state[n * width + i]!;
      fed[(segment * batch + n) * hidden + j] = scales[row]! * sum;
    }
  }
  return fed;
}
