// Feedback fitted at export to the true gradients of a calibration set.
import type { Feedback } from '#runtime';

import type { BatchOptions } from '../float/batches.ts';
import type { Evidence } from './evidence.ts';
import type { FeedbackForm, FeedbackNetwork } from './form.ts';
import { sourceValue } from './form.ts';
import { gatherEvidence } from './gather-evidence.ts';
import { int8Feedback, sparsify } from './int8-feedback.ts';
import { fitRidge } from './ridge.ts';
import type { LabelledSamples } from './signals.ts';

export interface CalibrationOptions extends BatchOptions {
  /** Of the mean diagonal: 0.01 by default, 0.03 for feedback from the logits. */
  readonly lambda?: number;
  /** Share of each row's entries to keep, the largest; 1 by default. */
  readonly density?: number;
}

/**
 * One per form, in order. A few hundred labelled samples suffice; augmented ones where the source is the
 * logits. To report how good the result is, measure it on samples that are not among these.
 */
export function calibrateFeedback(
  network: FeedbackNetwork,
  forms: readonly FeedbackForm[],
  data: LabelledSamples,
  { lambda, density = 1, ...batching }: CalibrationOptions = {},
): Feedback[] {
  return gatherEvidence(network, forms, data, batching).map((evidence) => {
    const { form, rows, length } = evidence;
    const isSource = sourceValue(network, form) === form.target && form.source !== 'logits';
    const matrix = isSource
      ? identity(evidence)
      : fitRidge(evidence, lambda ?? (form.source === 'logits' ? 0.03 : 0.01));
    sparsify(matrix, length, density);
    return int8Feedback(form, matrix, rows);
  });
}

/** Where the target is the source, nothing needs fitting: the gradient is known. */
function identity({ form, rows, length }: Evidence): Float64Array {
  const matrix = new Float64Array(rows * length);
  const channels = rows / form.groups;
  const centre = ((form.kernel * form.kernel - 1) / 2) * channels;
  for (let row = 0; row < rows; row++) matrix[row * length + centre + (row % channels)] = 1;
  return matrix;
}
