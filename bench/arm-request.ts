// What a benchmark asks of one arm, and what comes back; both cross to a process of its own as JSON.
import type { Personalized } from './personalize.ts';
import type { Shift, Source } from './tasks/digit-users.ts';

export interface ArmRequest {
  /** An .onward file; for float backpropagation, the ONNX file it was exported from. */
  readonly file: string;
  readonly method: 'onward' | 'float-backprop';
  readonly owner: {
    readonly user: number;
    readonly seed: number;
    readonly shift: Shift;
    readonly source: Source;
  };
  readonly batchSize: number;
  readonly learningRate: number;
  readonly epochs: number;
  /** Measures the test accuracy after each this many steps; null for before and after only. */
  readonly every: number | null;
}

export interface ArmResult extends Personalized {
  /** The most that was resident during steps, over the opened model. */
  readonly peakBytes: number;
}
