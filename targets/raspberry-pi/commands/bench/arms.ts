// The ways to learn that `onward bench` compares, each from the package's own weights. Most are plans of
// the same package, so that they differ in what is trained and how, and in nothing else.
import type { PackageContent } from '#runtime';

import type { ArmName, Learning } from './arm-names.ts';
import type { Examples } from './examples.ts';
import { drawnFeedback, exactReplay, everythingExact, headOnly, tailOnly } from './plans.ts';

export interface Arm {
  readonly name: ArmName;
  readonly describes: string;
  readonly learning: Learning;
  /** What it opens. Throws InputError where the package has nothing to vary. */
  readonly contentOf: (
    content: PackageContent,
    drawing: { readonly seed: number; readonly training: Examples },
  ) => PackageContent;
  /** Whether `contentOf` depends on the drawing. */
  readonly isDrawn?: true;
}

export const arms: readonly Arm[] = [
  {
    name: 'none',
    describes: 'no adaptation: the package as it is',
    learning: 'none',
    contentOf: (content) => content,
  },
  {
    name: 'nearest',
    describes: 'nearest neighbours by the features that the head reads; no weight changes',
    learning: 'nearest',
    contentOf: headOnly,
  },
  {
    name: 'head',
    describes: 'the last module; everything before it frozen',
    learning: 'plan',
    contentOf: headOnly,
  },
  {
    name: 'tail',
    describes: 'the modules of the package’s exact tail; everything before them frozen',
    learning: 'plan',
    contentOf: tailOnly,
  },
  {
    name: 'random',
    describes: 'the package’s plan with random feedback of the same form and size',
    learning: 'plan',
    contentOf: drawnFeedback,
    isDrawn: true,
  },
  {
    name: 'package',
    describes: 'the package’s own plan',
    learning: 'plan',
    contentOf: (content) => content,
  },
  {
    name: 'replay',
    describes: 'exact gradients everywhere; modules before the tail forwarded again, one at a time',
    learning: 'plan',
    contentOf: exactReplay,
  },
  {
    name: 'int8-backprop',
    describes: 'exact gradients everywhere, every activation kept in 8 bits',
    learning: 'plan',
    contentOf: everythingExact,
  },
  {
    name: 'float-backprop',
    describes:
      'full backpropagation in float32, every activation kept; its weights and samples come from the package’s 8-bit ones',
    learning: 'float',
    contentOf: (content) => content,
  },
];
