import type { Command } from 'commander';

import { positiveNumber, wholeNumber } from './option-values.ts';

/** How to open a learner; the names are those of `openLearner`. */
export interface LearnerOptions {
  readonly state?: string;
  readonly threads?: number;
}

export function addLearnerOptions(command: Command): Command {
  return command
    .option('--state <folder>', 'what was learned: read from here, and kept here')
    .option('--threads <n>', 'threads to compute with', wholeNumber(1), 1);
}

export function addDataOptions(command: Command): Command {
  return command
    .option('--user <name>', 'only the samples of this user, where the data says whose they are')
    .option(
      '--sample-rate <hz>',
      'rate the model was trained on; WAV files of another rate are resampled',
      positiveNumber(1_000_000),
    );
}
