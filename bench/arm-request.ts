// What a benchmark asks of one arm, and what comes back; both cross to a process of its own as JSON.
import type { Personalized } from './personalize.ts';
import type { Owner } from './tasks/task.ts';

export interface ArmRequest {
  /** Names of tasks/table.ts and arms.ts. */
  readonly task: string;
  readonly arm: string;
  readonly owner: Owner;
  /** An .onward file with the arm's plan; null for arms that train the float32 model. */
  readonly file: string | null;
  /** Learning rate, or kNN's neighbours. */
  readonly setting: number;
  /** Measures the test accuracy after each this many steps; null for before and after only. */
  readonly every: number | null;
}

export interface ArmResult extends Personalized {
  /** The most that was resident during steps, over the opened model. */
  readonly peakBytes: number;
}
