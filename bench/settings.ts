// The one number each arm has on each task: the learning rate at the task's batch size, or kNN's
// neighbours. Each is the best of the sweep on the task's tuning users:
//
//   node --conditions=source --import tsx bench/tune.ts digits-hard
//
// prints the sweep; run it again after changing a base model, a shift or a rule.
import { isLesson } from './arms.ts';
import type { Arm } from './arms.ts';
import type { Task } from './tasks/task.ts';

/**
 * What every arm that learns weights may take. The sweep walks from a first rate to both sides until two in a row were
 * worse than the best so far, by the same rule for all arms.
 */
export const rateGrid = [
  0.00001, 0.00003, 0.0001, 0.0003, 0.001, 0.002, 0.004, 0.0075, 0.015, 0.03, 0.06, 0.12, 0.25, 0.5,
  1,
] as const;
export const firstRateOf = ({ isRecurrent = false }: Pick<Task, 'isRecurrent'>): number =>
  isRecurrent ? 0.06 : 0.001;
export const neighbourGrid = [1, 3, 5, 9, 15, 25] as const;

const digits = {
  'nearest neighbours': 5,
  'head only': 0.12,
  'last modules only': 0.015,
  'random DFA': 0.001,
  'sparse random DFA': 0.0001,
  'calibrated DFA': 0.015,
  'random feedback': 0.015,
  hybrid: 0.015,
  onward: 0.015,
  'int8 backprop': 0.015,
  'full backprop, float32': 0.015,
} as const;

const mildDigits = {
  'nearest neighbours': 3,
  'head only': 0.12,
  'last modules only': 0.03,
  'random DFA': 0.00003,
  'sparse random DFA': 0.0003,
  'calibrated DFA': 0.015,
  'random feedback': 0.0075,
  hybrid: 0.03,
  onward: 0.015,
  'int8 backprop': 0.015,
  'full backprop, float32': 0.015,
} as const;

const added = {
  'nearest neighbours': 1,
  'head only': 0.06,
  'last modules only': 0.03,
  'random DFA': 0.0003,
  'sparse random DFA': 0.001,
  'calibrated DFA': 0.0003,
  'random feedback': 0.06,
  hybrid: 0.06,
  onward: 0.03,
  'int8 backprop': 0.03,
  'full backprop, float32': 0.12,
} as const;

// Random DFA loses at every rate, the least at the grid's first: the base model is right more often without it.
const corruptions = {
  'nearest neighbours': 9,
  'head only': 0.25,
  'last modules only': 0.001,
  'random DFA': 0.00001,
  'sparse random DFA': 0.00001,
  'calibrated DFA': 0.0003,
  'random feedback': 0.001,
  hybrid: 0.001,
  onward: 0.001,
  'int8 backprop': 0.0003,
  'full backprop, float32': 0.0003,
} as const;

const ofWriters = {
  'nearest neighbours': 1,
  'head only': 0.25,
  'last modules only': 0.03,
  'random DFA': 0.03,
  'sparse random DFA': 0.06,
  'calibrated DFA': 0.25,
  'random feedback': 0.03,
  hybrid: 0.03,
  onward: 0.03,
  'int8 backprop': 0.015,
  'full backprop, float32': 0.015,
} as const;

// Recurrent tasks: the sweep starts at 0.06.
const digitRowsByGru = {
  'nearest neighbours': 1,
  'head only': 0.25,
  'truncated BPTT': 0.03,
  'truncated BPTT, 16 steps': 0.06,
  gates: 0.5,
  'gates, random feedback': 0.06,
  onward: 0.06,
  'int8 backprop': 0.25,
  'full backprop, float32': 0.06,
} as const;

const digitRowsByLstm = {
  'nearest neighbours': 5,
  'head only': 0.25,
  'truncated BPTT': 0.03,
  'truncated BPTT, 16 steps': 0.03,
  gates: 0.06,
  'gates, random feedback': 0.12,
  onward: 0.25,
  'int8 backprop': 0.06,
  'full backprop, float32': 0.06,
} as const;

const ofSpeakers = {
  'nearest neighbours': 1,
  'head only': 0.25,
  'truncated BPTT': 1,
  'truncated BPTT, 16 steps': 0.5,
  gates: 0.12,
  'gates, random feedback': 0.25,
  onward: 0.12,
  'int8 backprop': 0.12,
  'full backprop, float32': 0.5,
} as const;

const ofWearers = {
  'nearest neighbours': 9,
  'head only': 0.06,
  'truncated BPTT': 0.0075,
  'truncated BPTT, 16 steps': 0.0075,
  gates: 0.001,
  'gates, random feedback': 0.0075,
  onward: 0.0075,
  'int8 backprop': 0.004,
  'full backprop, float32': 0.004,
} as const;

const chosen: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  'digits-hard': digits,
  'digits-mild': mildDigits,
  'cifar-corruptions': corruptions,
  'new-classes': added,
  writers: ofWriters,
  'digit-rows-gru': digitRowsByGru,
  'digit-rows-lstm': digitRowsByLstm,
  'fsdd-gru': ofSpeakers,
  'wisdm-gru': ofWearers,
};

/** Arms whose steps are another's, to the bit or to float32's last one: only where values are kept differs. */
export const sameGradients: Readonly<Record<string, string>> = {
  'exact replay': 'int8 backprop',
  'checkpointed backprop, float32': 'full backprop, float32',
};

export interface Setting {
  readonly name: 'learning rate' | 'neighbours' | 'none';
  readonly value: number;
}

/** What does not learn has none; a lesson takes what the package brings along. */
export function hasSetting(arm: Arm): boolean {
  return arm.method.kind !== 'unchanged' && !isLesson(arm);
}

/** Throws RangeError where nothing was chosen yet. */
export function settingOf(task: Task, arm: Arm): Setting {
  if (!hasSetting(arm)) return { name: 'none', value: 0 };
  const value = chosen[task.name]?.[sameGradients[arm.name] ?? arm.name];
  if (value === undefined) {
    throw new RangeError(
      `${arm.name} on ${task.name}: expected a chosen setting, got none; run bench/tune.ts`,
    );
  }
  return { name: arm.method.kind === 'nearest' ? 'neighbours' : 'learning rate', value };
}
