// The product of a sequence's keep gates, as a running sum of logarithms, so that it never underflows
// and can be divided by an earlier one.
import { expTable } from '../exp-table.ts';
import { roundHalfEven } from '../requantize.ts';
import { decayTable } from './gate-tables.ts';
import type { SequenceRun } from './run-step.ts';
import type { Trace } from './trace.ts';

/** L += decay[at(v)] of the keep gate at step t, [batch, hiddenSize]; the trace holds the step at `slot`. */
export function addDecay(
  { layer, batch, first }: SequenceRun,
  { entries }: Trace,
  t: number,
  slot: number,
  sums: Int32Array,
): void {
  const { hiddenSize, rows, cell } = layer;
  if (cell.keepGate === null) return;
  for (let n = 0; n < batch; n++) {
    if (t < first[n]!) continue;
    const gate = (slot * batch + n) * rows + cell.keepGate * hiddenSize;
    for (let j = 0; j < hiddenSize; j++)
      sums[n * hiddenSize + j]! += decayTable[entries[gate + j]!]!;
  }
}

/** keep = f32(expTable[min(4095, rne(f32(f32(L_cut - L) / 16)))] * 2^-16): the product of the gates between. */
export function keptShare(atCut: number, at: number): number {
  const t = roundHalfEven(Math.fround(atCut - at) / 16);
  return expTable[Math.min(4095, t)]! * 2 ** -16;
}
