export interface StepClock {
  /** `step` steps are done now. */
  tick(step: number): void;
  /** Mean; without the first step, which also pays for what is prepared once, where there are others. */
  msPerStep(): number;
}

/** Starts now. */
export function stepClock(): StepClock {
  const opened = performance.now();
  let first: { readonly step: number; readonly at: number } | null = null;
  let last = { step: 0, at: opened };
  return {
    tick(step) {
      last = { step, at: performance.now() };
      first ??= last;
    },
    msPerStep() {
      const start = first && first.step < last.step ? first : { step: 0, at: opened };
      return last.step > start.step ? (last.at - start.at) / (last.step - start.step) : 0;
    },
  };
}
