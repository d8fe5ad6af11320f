import { digitRowsByGru, digitRowsByLstm } from './digit-rows.ts';
import { spokenDigitsByGru, spokenDigitsByLstm } from './fsdd.ts';
import { rolesByGru, rolesByLstm } from './roles.ts';
import type { Task } from './task.ts';
import { activityByGru, activityByLstm } from './wisdm.ts';

/** Tasks of recurrent models. Those of `roles` have a label for each step, the others one for each sample. */
export const sequenceTasks: readonly Task[] = [
  digitRowsByGru,
  digitRowsByLstm,
  activityByGru,
  activityByLstm,
  spokenDigitsByGru,
  spokenDigitsByLstm,
  rolesByGru,
  rolesByLstm,
];
