// Ways to learn from the same examples with the same int8 forward. All but the last are plans of
// Onward itself, so that they differ in what is trained and how, and in nothing else.
import type { PlanOptions } from '#exporters';

export interface Arm {
  readonly name: string;
  readonly describes: string;
  /** `tail` is the number of modules Onward's default plan keeps exact. */
  readonly plan: (shape: { readonly modules: number; readonly tail: number }) => PlanOptions;
  readonly feedback: 'calibrated' | 'random' | 'none';
  /** Learning rates tried on the tuning users, at batch 16; scaled with the batch. */
  readonly rates: readonly number[];
}

const rates = [0.015, 0.03, 0.06, 0.12, 0.24];

export const arms: readonly Arm[] = [
  {
    name: 'head only',
    describes: 'the last layer; everything before it frozen',
    plan: ({ modules }) => ({ tail: 1, frozen: modules - 1, rule: 'frozen' }),
    feedback: 'none',
    rates: [0.06, 0.12, 0.24, 0.5, 1, 2],
  },
  {
    name: 'last modules only',
    describes: 'the modules of onward’s exact tail; the prefix frozen',
    plan: ({ modules, tail }) => ({ tail, frozen: modules - tail, rule: 'frozen' }),
    feedback: 'none',
    rates,
  },
  {
    name: 'random feedback',
    describes: 'onward with random instead of calibrated feedback',
    plan: ({ tail }) => ({ tail }),
    feedback: 'random',
    rates,
  },
  {
    name: 'onward',
    describes: 'exact tail, calibrated feedback to the modules before it',
    plan: ({ tail }) => ({ tail }),
    feedback: 'calibrated',
    rates,
  },
  {
    name: 'exact replay',
    describes: 'exact gradients everywhere, one module re-forwarded at a time',
    plan: ({ tail }) => ({ tail, rule: 'exact-replay' }),
    feedback: 'none',
    rates,
  },
  {
    name: 'int8 backprop',
    describes: 'exact gradients everywhere, every activation kept',
    plan: ({ modules }) => ({ tail: modules }),
    feedback: 'none',
    rates,
  },
];
