import type { Command } from 'commander';
import { Option } from 'commander';

import type { LessonOptions } from '#runtime';

import { fraction, positiveNumber, wholeNumber } from './option-values.ts';

/** How to teach, as far as the command line says. */
export interface LessonFlags {
  readonly batch?: number;
  readonly epochs?: number;
  readonly rate?: number;
  readonly holdout?: number;
  readonly rehearsal?: number;
  readonly share?: number;
  readonly seed?: number;
  readonly keep?: 'improved' | 'always';
}

export function addLessonOptions(command: Command): Command {
  return addKeepOption(command)
    .option('--epochs <n>', 'passes over the samples (default: as exported)', wholeNumber(1))
    .option('--batch <n>', 'samples in a step (default: as exported)', wholeNumber(1))
    .option('--rate <x>', 'highest learning rate (default: as exported)', positiveNumber())
    .option(
      '--holdout <x>',
      'fraction of each class kept to judge the lesson (default: 0.2; 0 for a new class of fewer than ten)',
      fraction(0.5),
    )
    .option(
      '--rehearsal <x>',
      'old examples learned again for each new one, as far as there are',
      fraction(100),
      1,
    )
    .option(
      '--share <x>',
      'how far from the old weights to those learned to go: less forgets less, and learns less',
      fraction(1),
      0.9,
    )
    .option(
      '--seed <n>',
      'fixes which samples are held out, the order and the rounding',
      wholeNumber(0),
      0,
    );
}

export function addKeepOption(command: Command): Command {
  return command.addOption(
    new Option('--keep <when>', 'keep what was learned if it helped and harmed nothing, or always')
      .choices(['improved', 'always'])
      .default('improved'),
  );
}

/** The same as a learner takes it. */
export function lessonOptions(flags: LessonFlags): LessonOptions {
  const { batch, epochs, rate, holdout, rehearsal, share, seed, keep } = flags;
  return {
    ...(batch !== undefined && { batchSize: batch }),
    ...(epochs !== undefined && { epochs }),
    ...(rate !== undefined && { learningRate: rate }),
    ...(holdout !== undefined && { holdout }),
    ...(rehearsal !== undefined && { rehearsal }),
    ...(share !== undefined && { share }),
    ...(seed !== undefined && { seed }),
    ...(keep !== undefined && { keep }),
  };
}
