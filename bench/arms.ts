// Ways to learn from the same examples with the same int8 forward. All are plans of Onward itself, so
// that they differ in what is trained and how, and in nothing else. Full float backpropagation stands
// beside them (float-network.ts).
import type { PlanOptions } from '#exporters';

export interface Arm {
  readonly name: string;
  readonly describes: string;
  /** `tail` is the number of modules that Onward's default plan keeps exact. */
  readonly plan: (shape: { readonly modules: number; readonly tail: number }) => PlanOptions;
  readonly feedback: 'calibrated' | 'random' | 'none';
  /** Learning rate at batch 4: the best of bench/tune.ts's sweep on the tuning users. */
  readonly rate: number;
}

export const arms: readonly Arm[] = [
  {
    name: 'head only',
    describes: 'the last layer; everything before it frozen',
    plan: ({ modules }) => ({ tail: 1, frozen: modules - 1, rule: 'frozen' }),
    feedback: 'none',
    rate: 0.12,
  },
  {
    name: 'last modules only',
    describes: 'the modules of onward’s exact tail; the others frozen',
    plan: ({ modules, tail }) => ({ tail, frozen: modules - tail, rule: 'frozen' }),
    feedback: 'none',
    rate: 0.015,
  },
  {
    name: 'random feedback',
    describes: 'onward with random instead of calibrated feedback',
    plan: ({ tail }) => ({ tail }),
    feedback: 'random',
    rate: 0.015,
  },
  {
    name: 'onward',
    describes: 'exact tail, calibrated feedback to the modules before it',
    plan: ({ tail }) => ({ tail }),
    feedback: 'calibrated',
    rate: 0.015,
  },
  {
    name: 'exact replay',
    describes: 'exact gradients everywhere, one module re-forwarded at a time',
    plan: ({ tail }) => ({ tail, rule: 'exact-replay' }),
    feedback: 'none',
    rate: 0.015,
  },
  {
    name: 'int8 backprop',
    describes: 'exact gradients everywhere, every activation kept',
    plan: ({ modules }) => ({ tail: modules }),
    feedback: 'none',
    rate: 0.015,
  },
];

/** Of full float32 backpropagation, chosen in the same way. */
export const floatBackpropRate = 0.015;

/** Epochs of every arm: 8 gave half a point less on the tuning users, for float backpropagation too. */
export const courseEpochs = 16;
