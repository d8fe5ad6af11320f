// What a benchmark asks of one arm, and what comes back; both cross to a process of its own as JSON.
import type { Shift, Source } from './tasks/digit-users.ts';

export interface ArmRequest {
  /** An .onward file; for float backpropagation, the ONNX file it was exported from. */
  readonly file: string;
  readonly method: 'onward' | 'float-backprop';
  readonly user: number;
  readonly seed: number;
  readonly shift: Shift;
  readonly source: Source;
  readonly batchSize: number;
  readonly learningRate: number;
  readonly epochs: number;
  /** Measures the test accuracy after each this many steps; null for before and after only. */
  readonly every: number | null;
}

export interface ArmResult {
  /** Fractions of the test images. */
  readonly before: number;
  readonly after: number;
  readonly steps: number;
  /** Median wall time of a step. */
  readonly msPerStep: number;
  /** The most that was resident while learning, over the opened model. */
  readonly peakBytes: number;
  /** Steps done, and the test accuracy then. */
  readonly curve: readonly (readonly [step: number, accuracy: number])[];
}
