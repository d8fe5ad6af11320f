// Learning rate over a lesson: up over its first tenth, then down to a tenth of the rate. The first steps
// of a model that is surely wrong all point the same way, and each is as large as the clip allows; taken
// at full size they push activations out of the ranges fixed at export, and whole layers die. So the
// clip rises with the rate. The last, small steps settle what the others found.
import type { Plan } from './plan.ts';

export interface ScheduledStep {
  readonly learningRate: number;
  readonly clip: number;
}

/** At `step` of `steps`, counted from 0, from the plan's peak rate and clip. */
export function schedule(
  { learningRate, clip }: Pick<Plan, 'learningRate' | 'clip'>,
  step: number,
  steps: number,
): ScheduledStep {
  const rise = Math.min(1, (step + 1) / Math.ceil(steps / 10));
  const fall = steps > 1 ? 1 - (0.9 * step) / (steps - 1) : 1;
  return { learningRate: learningRate * rise * fall, clip: clip * rise };
}
