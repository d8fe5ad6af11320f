// What a lesson trains, and how. Made at export, stored in the package, replaceable on the device.
import type { Recurrence } from './recurrence.ts';

/**
 * How a module gets the gradient at its end.
 *
 * - `exact`: backpropagation with the activations held; the tail, a suffix of the model.
 * - `exact-replay`: backpropagation that re-forwards one module at a time; no feedback needed.
 * - `feedback-local`: a fixed feedback gives the error at the module's end, exact inside.
 * - `feedback-direct`: a fixed feedback gives the error at each layer.
 * - `frozen`: not trained.
 */
export type Rule = 'exact' | 'exact-replay' | 'feedback-local' | 'feedback-direct' | 'frozen';

export interface Plan {
  /** One per module, in order. The `exact` ones are a suffix, the tail; `exact-replay` ones precede it directly. */
  readonly rules: readonly Rule[];
  /** Samples in one step. */
  readonly batchSize: number;
  readonly epochs: number;
  /** At the first step; decays linearly to a tenth of it at the last. For the mean gradient of a batch. */
  readonly learningRate: number;
  /** Learning rate of feedback modules over that of exact ones, applied after the clip. */
  readonly feedbackRatio: number;
  /** Largest |learningRate * gradient| over |weights|, per layer. */
  readonly clip: number;
  /** Of the recurrent layers that are trained; null in a plan without any. */
  readonly recurrence: Recurrence | null;
}

/** What an error vector is taken from: the logits' error, the gradient at the tail's input, or at the module's own end. */
export type FeedbackSource = 'logits' | 'tail' | 'module';

/**
 * A fixed map from a source's error to the gradient at one value:
 * gradient[position, c] = scales[c] * sum over k, d of matrix[c, k, d] * error[gather(cell, k), d].
 * `cell` is computed on `grid` and copied to the value's positions, nearest first.
 * For source `logits` the error is 1x1 x classes and the matrix has rows (gridY, gridX, c).
 */
export interface Feedback {
  /** ValueId it gives the gradient of: a module's end, or a layer's output. */
  readonly target: number;
  readonly source: FeedbackSource;
  /** Square odd window over the source's grid; 1 is pointwise. */
  readonly kernel: number;
  readonly dilation: number;
  readonly groups: number;
  /** Height and width on which the gradient is computed before it is copied up. */
  readonly grid: readonly [height: number, width: number];
  /** int8 [rows, kernel, kernel, source channels / groups]; zeros are what sparsification removed. */
  readonly matrix: Int8Array;
  /** Real units per row, float32. */
  readonly scales: Float32Array;
}

/**
 * A fixed map from the gradient at a recurrent layer's state before its exact steps, to the gradient at its hidden
 * state in each segment of the steps before: gradient[segment, j] = scales[row] * sum over i of matrix[row, i] * state[i].
 */
export interface StateFeedback {
  /** Index of the recurrent node. */
  readonly node: number;
  readonly segments: number;
  /** int8 [segments * hiddenSize, state]; the state is the hidden state, then the cell state where there is one. */
  readonly matrix: Int8Array;
  /** Real units per row, float32. */
  readonly scales: Float32Array;
}
