// What a state feedback is fitted to: of each sample the gradient at the cut, and in each segment before it
// the mean of what the replayed gates leave out of the true gradient at the hidden state.
import type { Recurrence } from '#runtime';
import { cells } from '#runtime';

import type { BatchOptions } from '../float/batches.ts';
import type { FloatModel } from '../float/model.ts';
import type { RecurrentSignals } from './recurrent-signals.ts';
import { recurrentSignals } from './recurrent-signals.ts';
import { cutOf, keptShares, segmentsOf, stateAtCut } from './replayed-gates.ts';
import type { LabelledSamples } from './signals.ts';

export interface StateEvidence {
  readonly node: number;
  readonly segments: number;
  readonly hidden: number;
  /** [samples, width]: at the hidden state, then at the cell state where there is one. */
  readonly states: readonly Float64Array[];
  /** [samples, segments * hidden]. */
  readonly gradients: readonly Float64Array[];
}

export interface StateEvidenceOptions {
  readonly recurrence: Recurrence;
  readonly segments: number;
  readonly batching?: BatchOptions;
}

/** One for each of `nodes`, from a single pass through the samples. */
export function gatherStateEvidence(
  model: FloatModel,
  data: LabelledSamples,
  nodes: readonly number[],
  { recurrence, segments, batching = {} }: StateEvidenceOptions,
): StateEvidence[] {
  const all = nodes.map((node) => ({
    node,
    segments,
    states: [] as Float64Array[],
    gradients: [] as Float64Array[],
    hidden: 0,
  }));
  for (const batch of recurrentSignals(model, data, nodes, batching)) {
    for (const [index, signals] of batch.entries()) {
      const into = all[index]!;
      const { sizes } = signals.trace;
      const cut = cutOf(signals.trace, recurrence);
      const states = stateAtCut(signals, cut);
      const residuals = segmentResiduals(signals, { recurrence, segments, cut });
      into.hidden = sizes.hidden;
      into.states.push(...rowsOf(states, sizes.batch));
      into.gradients.push(...rowsOf(residuals, sizes.batch));
    }
  }
  return all;
}

/** [batch, segments, hidden]: the mean over a segment's steps; zeros in one without steps. */
function segmentResiduals(
  { trace, exact }: RecurrentSignals,
  { recurrence, segments, cut }: { recurrence: Recurrence; segments: number; cut: number },
): Float64Array {
  const { steps, batch, samples, hidden, paddedHidden } = trace.sizes;
  const width = samples * paddedHidden;
  const kept = keptShares(trace, cut);
  const isReplayed = !cells[trace.cell].hasCellState;
  const own = segmentsOf(steps, recurrence, segments);
  const counts = Array.from({ length: segments }, () => 0);
  for (const segment of own) counts[segment]! += 1;
  const means = new Float64Array(batch * segments * hidden);
  for (let t = 0; t < cut; t++) {
    for (let n = 0; n < batch; n++) {
      const to = (n * segments + own[t]!) * hidden;
      for (let j = 0; j < hidden; j++) {
        const at = n * paddedHidden + j;
        const replayed = isReplayed ? kept[t * width + at]! * exact.dh[(cut - 1) * width + at]! : 0;
        means[to + j]! += (exact.dh[t * width + at]! - replayed) / counts[own[t]!]!;
      }
    }
  }
  return means;
}

function rowsOf(numbers: Float64Array, rows: number): Float64Array[] {
  const length = numbers.length / rows;
  return Array.from({ length: rows }, (_, row) => numbers.slice(row * length, (row + 1) * length));
}
