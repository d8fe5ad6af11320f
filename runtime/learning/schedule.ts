// Learning rate over a lesson: linear from the plan's rate to a tenth of it, so that the last steps
// settle what the first ones found.

/** Rate at `step` of `steps`, both counted from 0. */
export function decayedRate(learningRate: number, step: number, steps: number): number {
  const progress = steps > 1 ? step / (steps - 1) : 0;
  return learningRate * (1 - 0.9 * progress);
}
