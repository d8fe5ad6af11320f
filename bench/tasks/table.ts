import { cifarCorruptions } from './cifar-corruptions.ts';
import { digitRowsByGru, digitRowsByLstm } from './digit-rows.ts';
import { hardDigits, mildDigits } from './digits.ts';
import { spokenDigitsByGru } from './fsdd.ts';
import { newClasses } from './new-classes.ts';
import type { Task } from './task.ts';
import { activityByGru } from './wisdm.ts';
import { writers } from './writers.ts';

/** In the order they are measured. */
export const tasks: readonly Task[] = [
  hardDigits,
  mildDigits,
  cifarCorruptions,
  newClasses,
  writers,
  digitRowsByGru,
  digitRowsByLstm,
  activityByGru,
  spokenDigitsByGru,
];

/** Throws RangeError naming the tasks there are. */
export function taskNamed(name: string): Task {
  const found = tasks.find((task) => task.name === name);
  if (found !== undefined) return found;
  const known = tasks.map((task) => task.name).join(', ');
  throw new RangeError(`task: expected one of ${known}, got ${name}`);
}
