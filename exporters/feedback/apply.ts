// A feedback in real numbers, as docs/numerics.md "Feedback" without the 8-bit rounding of the error.
import type { Feedback, Shape } from '#runtime';

import type { FloatArray } from '../float/array.ts';
import { layerForward } from '../float/layer-products.ts';
import type { FeedbackForm } from './form.ts';
import { rowsOf, sourceGeometry } from './form.ts';
import { copyToPositions } from './grid.ts';

export interface FeedbackShapes {
  readonly source: Shape;
  readonly target: Shape;
}

/** The gradient at the target, [batch, height, width, channels], before the target's own gate. */
export function applyFeedback(
  feedback: Feedback,
  { source, target }: FeedbackShapes,
  error: FloatArray,
): Float32Array {
  const { matrix, scales } = feedback;
  const length = matrix.length / scales.length;
  const weights = Float64Array.from(matrix, (b, i) => b * scales[Math.floor(i / length)]!);
  const cells = cellGradients(feedback, weights, { source, target }, error);
  return copyToPositions(cells, feedback.grid, target);
}

// g[cell, c] = sum over k, d of B[c, k, d] error[gather(cell, k), d]

/** [batch, cells, channels]; `matrix` is [rows, kernel, kernel, source channels / groups] in real units. */
function cellGradients(
  form: FeedbackForm,
  matrix: Float64Array,
  { source, target }: FeedbackShapes,
  error: FloatArray,
): Float32Array {
  const geometry = sourceGeometry(form, source);
  const rows = rowsOf(form, target);
  const batch = error.length / (geometry.inputs * geometry.channels);
  const cells = new Float32Array(batch * geometry.positions * rows);
  const parameters = { weights: matrix, bias: new Float64Array(rows) };
  const { groups } = form;
  layerForward({ geometry, batch, groups, outputChannels: rows, parameters }, error, cells);
  return cells;
}
