// onward/raspberry-pi: the same names as onward/browser.
export { openLearner } from './open-learner.ts';
export type { OpenOptions } from './open-learner.ts';
