// onward/browser: the same names as onward/raspberry-pi.
export { openLearner } from './open-learner.ts';
export type { OpenOptions } from './open-learner.ts';
