import type { Command } from 'commander';
import { Option } from 'commander';

import { EngineError } from '#runtime';
import type { KeptLesson, Learner, LessonOptions } from '#runtime';

import { measurePeak, startPeak } from '../peak-memory.ts';
import { watchInterrupt } from './interrupt.ts';
import { addDataOptions, addLearnerOptions } from './learner-options.ts';
import type { LearnerOptions } from './learner-options.ts';
import { openData, requireClasses } from './open-data.ts';
import type { DataOptions } from './open-data.ts';
import { fraction, positiveNumber, wholeNumber } from './option-values.ts';
import { openProgress } from './progress.ts';
import { stepClock } from './step-clock.ts';
import { printResult } from './terminal.ts';
import type { Terminal } from './terminal.ts';
import { showBytes, showPercent } from './units.ts';

/** What `learn --json` prints; accuracies from 0 to 1, peaks over the opened model. */
export interface LessonResult {
  readonly samples: number;
  readonly holdout: number;
  readonly steps: number;
  readonly accuracyBefore: number;
  readonly accuracyAfter: number;
  readonly kept: boolean;
  readonly peakLearnBytes: number;
  readonly peakPredictBytes: number;
  readonly msPerStep: number;
  /** Names the lesson for undo; null where nothing was kept or there is no state to keep it in. */
  readonly stateId: string | null;
}

interface LearnOptions extends LearnerOptions, DataOptions {
  readonly json?: boolean;
  readonly batch?: number;
  readonly epochs?: number;
  readonly rate?: number;
  readonly holdout?: number;
  readonly seed?: number;
  readonly keep?: 'improved' | 'always';
}

export function addLearn(program: Command, terminal: Terminal): void {
  const command = program
    .command('learn')
    .description('Learn from labelled samples; what was learned is kept only if it helped.')
    .argument('<package>', 'an .onward file')
    .argument('<data>', 'labelled samples: .npz, .csv or a folder with a folder per class');
  addLearnerOptions(command)
    .option('--epochs <n>', 'passes over the samples (default: as exported)', wholeNumber(1))
    .option('--batch <n>', 'samples in a step (default: as exported)', wholeNumber(1))
    .option(
      '--rate <x>',
      'learning rate at the first step (default: as exported)',
      positiveNumber(),
    )
    .option('--holdout <x>', 'fraction of each class kept to judge the lesson', fraction(0.5), 0.2)
    .option(
      '--seed <n>',
      'fixes which samples are held out, the order and the rounding',
      wholeNumber(0),
      0,
    )
    .addOption(
      new Option(
        '--keep <when>',
        'keep what was learned if held-out accuracy did not fall, or always',
      )
        .choices(['improved', 'always'])
        .default('improved'),
    );
  addDataOptions(command)
    .option('--json', 'print one JSON object')
    .addHelpText(
      'after',
      `
Some samples are held out, the others are learned, and the new weights stand only if the accuracy on
the held-out ones did not fall; otherwise the old weights stand, bit for bit. With --state the lesson
is on disk when the command ends, and undo takes it back. Ctrl-C ends the lesson and keeps nothing.

Examples:
  onward learn reader.onward mine.npz --state ./state
  onward learn reader.onward ./photos --state ./state --epochs 4 --json`,
    )
    .action(async (packagePath: string, dataPath: string, options: LearnOptions) => {
      const { openLearner } = await import('../index.ts');
      // In place: a thread of its own would only add its own memory to what is measured.
      await using learner = await openLearner(packagePath, { ...options, lessons: 'here' });
      const object = await learn(learner, dataPath, options, terminal);
      printResult(terminal, options, { object, lines: describe(object, options) });
    });
}

async function learn(
  learner: Learner,
  path: string,
  options: LearnOptions,
  terminal: Terminal,
): Promise<LessonResult> {
  const data = await openData(path, learner, options);
  const [y, { x, shape }] = [requireClasses(data, path), data.samples];
  const first = x.subarray(0, x.length / (shape[0] ?? 1));
  await learner.predict(first); // opens the session
  const predicting = await measurePeak(async () => learner.predict(first));
  using progress = openProgress(terminal);
  using interrupt = watchInterrupt();
  const clock = stepClock();
  let finishPeak = startPeak();
  const lesson: KeptLesson = await learner.learn(
    { x, y },
    {
      ...lessonOptions(options),
      signal: interrupt,
      onProgress: ({ step, steps }) => {
        if (step === 1 && steps > 1) finishPeak = restarted(finishPeak); // the sessions are open now
        clock.tick(step);
        progress.show('learning', step, steps);
      },
    },
  );
  const peakLearnBytes = finishPeak();
  if (interrupt.aborted && !lesson.kept) {
    throw new EngineError('learn: expected to finish, got interrupted; the old weights stand');
  }
  return {
    samples: lesson.samples,
    holdout: lesson.holdout,
    steps: lesson.steps,
    accuracyBefore: lesson.accuracyBefore,
    accuracyAfter: lesson.accuracyAfter,
    kept: lesson.kept,
    peakLearnBytes,
    peakPredictBytes: predicting.peakBytes,
    msPerStep: clock.msPerStep(),
    stateId: options.state === undefined ? null : lesson.id,
  };
}

// A measurement in progress is ended before the next one starts.
function restarted(finish: () => number): () => number {
  finish();
  return startPeak();
}

function lessonOptions({ batch, epochs, rate, holdout, seed, keep }: LearnOptions): LessonOptions {
  return {
    ...(batch !== undefined && { batchSize: batch }),
    ...(epochs !== undefined && { epochs }),
    ...(rate !== undefined && { learningRate: rate }),
    ...(holdout !== undefined && { holdout }),
    ...(seed !== undefined && { seed }),
    ...(keep !== undefined && { keep }),
  };
}

function describe(result: LessonResult, { state }: LearnOptions): string[] {
  const judged = result.holdout > 0 ? 'held-out samples' : 'samples it learned from';
  const where =
    state === undefined ? 'for this run only; --state keeps it' : `as ${result.stateId}`;
  return [
    `samples   ${result.samples}, ${result.holdout} held out; ${result.steps} steps`,
    `accuracy  ${showPercent(result.accuracyBefore)} -> ${showPercent(result.accuracyAfter)} on the ${judged}`,
    `kept      ${result.kept ? `yes, ${where}` : 'no, it did not help; the old weights stand'}`,
    `memory    ${showBytes(result.peakLearnBytes)} learning, ${showBytes(result.peakPredictBytes)} predicting, over the opened model`,
    `time      ${result.msPerStep.toFixed(1)} ms a step`,
  ];
}
