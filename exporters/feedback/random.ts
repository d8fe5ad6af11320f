// Feedback drawn from a seed: the control that calibrated feedback is compared with.
import type { Feedback } from '#runtime';
import { inferShapes } from '#runtime';

import type { Evidence } from './evidence.ts';
import type { FeedbackForm, FeedbackNetwork } from './form.ts';
import { rowsOf, sourceGeometry, sourceValue } from './form.ts';
import { gatherEvidence } from './gather-evidence.ts';
import { lowbias32, uniform } from './hash.ts';
import { int8Feedback, sparsify } from './int8-feedback.ts';
import type { LabelledSamples } from './signals.ts';

export interface RandomOptions {
  readonly seed: number;
  /** Share of each row's entries to keep; 1 by default. */
  readonly density?: number;
  /**
   * With samples, each feedback gives a gradient of the same RMS as the true one, where gates let it pass;
   * without, entries have the standard deviation 1 / sqrt(entries of a row), which keeps the source's RMS.
   */
  readonly data?: LabelledSamples;
}

/** One per form, in order; a function of the seed, the forms and the data only. */
export function randomFeedback(
  network: FeedbackNetwork,
  forms: readonly FeedbackForm[],
  { seed, density = 1, data }: RandomOptions,
): Feedback[] {
  const shapes = inferShapes(network.model.graph);
  const evidence = data === undefined ? null : gatherEvidence(network, forms, data);
  return forms.map((form, index) => {
    const geometry = sourceGeometry(form, shapes[sourceValue(network, form)]!);
    const length = (geometry.offsets * geometry.channels) / form.groups;
    const rows = rowsOf(form, shapes[form.target]!);
    const matrix = drawMatrix(lowbias32(seed ^ lowbias32(form.target)), rows * length);
    sparsify(matrix, length, density);
    const variance = matrix.reduce((sum, b) => sum + b * b, 0) / matrix.length;
    const gain =
      evidence === null
        ? 1 / Math.sqrt(length * variance)
        : Math.sqrt(trueEnergy(evidence[index]!) / fedBackEnergy(evidence[index]!, matrix));
    return int8Feedback(
      form,
      matrix.map((b) => b * (Number.isFinite(gain) ? gain : 0)),
      rows,
    );
  });
}

function drawMatrix(seed: number, size: number): Float64Array {
  return new Float64Array(size).map((_, i) => uniform(seed, i));
}

function trueEnergy({ energies }: Evidence): number {
  return energies.reduce((sum, energy) => sum + energy, 0);
}

// sum over observations i and rows c of w_ic (B_c d_i)^2
function fedBackEnergy(
  { form, rows, length, paddedLength, errors, gates, observations }: Evidence,
  matrix: Float64Array,
): number {
  let energy = 0;
  for (let i = 0; i < observations; i++) {
    for (let row = 0; row < rows; row++) {
      const gate = gates[i * rows + row]!;
      if (gate === 0) continue;
      const group = Math.floor((row * form.groups) / rows);
      const from = (i * form.groups + group) * paddedLength;
      let sum = 0;
      for (let d = 0; d < length; d++) sum += matrix[row * length + d]! * errors[from + d]!;
      energy += gate * sum * sum;
    }
  }
  return energy;
}
