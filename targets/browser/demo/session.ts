// The learner of this page, and what is told about it besides its answers.
import type { Learner } from '#runtime';

import { openLearner } from '../open-learner.ts';

export interface Session {
  readonly learner: Learner;
  /** Why the kernels compute and not WebGL, or the page and not a worker; null where all is well. */
  readonly fallback: string | null;
  /** The most that the last lesson took on the GPU, weights included; null before one, and without GPU. */
  readonly peakBytes: number | null;
}

/** Opens what was learned under `state`; `onFallback` follows every change of `fallback`. */
export async function openSession(
  packageBytes: Uint8Array,
  state: string,
  onFallback: () => void,
): Promise<Session> {
  let fallback: string | null = null;
  let peakBytes: number | null = null;
  const learner = await openLearner(packageBytes, {
    state,
    onPeakBytes: (bytes) => void (peakBytes = bytes),
    onFallback(reason) {
      fallback = reason;
      onFallback();
    },
  });
  return {
    learner,
    get fallback() {
      return fallback;
    },
    get peakBytes() {
      return peakBytes;
    },
  };
}
