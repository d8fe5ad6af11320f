import type { PackageContent } from '#runtime';

import type { Learning } from './arm-names.ts';
import { openFloat } from './float-trainee.ts';
import { openNearest } from './nearest-trainee.ts';
import { openPlan } from './plan-trainee.ts';
import type { Trainee } from './trainee.ts';

/** Of weights of its own, on one thread; `neighbours` counts for `nearest` only. The caller disposes it. */
export function openTrainee(
  learning: Learning,
  content: PackageContent,
  neighbours: number,
): Promise<Trainee> {
  switch (learning) {
    case 'none':
    case 'plan':
      return openPlan(content, learning === 'plan');
    case 'nearest':
      return openNearest(content, neighbours);
    case 'float':
      return openFloat(content);
    default:
      return learning satisfies never;
  }
}
