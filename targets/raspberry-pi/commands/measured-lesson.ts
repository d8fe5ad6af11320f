// A lesson as a command runs it: measured, with a progress bar, ended by Ctrl-C.
import { EngineError } from '#runtime';
import type { KeptLesson, Learner, LessonOptions } from '#runtime';

import { measurePeak, startPeak } from '../peak-memory.ts';
import { watchInterrupt } from './interrupt.ts';
import { lessonOptions } from './lesson-options.ts';
import type { LessonFlags } from './lesson-options.ts';
import { openProgress } from './progress.ts';
import { stepClock } from './step-clock.ts';
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
  readonly oldHoldout: number;
  readonly oldAccuracyBefore: number | null;
  readonly oldAccuracyAfter: number | null;
  readonly cause: string | null;
}

export interface MeasuredLesson {
  /** All samples, one after another, and how many they are. */
  readonly x: Float32Array;
  readonly count: number;
  readonly flags: LessonFlags & { readonly state?: string };
  readonly teach: (options: LessonOptions) => Promise<KeptLesson>;
}

/** Throws EngineError where Ctrl-C ended the lesson. */
export async function measureLesson(
  learner: Learner,
  { x, count, flags, teach }: MeasuredLesson,
  terminal: Terminal,
): Promise<LessonResult> {
  const first = x.subarray(0, x.length / count);
  await learner.predict(first); // opens the session
  const predicting = await measurePeak(async () => learner.predict(first));
  using progress = openProgress(terminal);
  using interrupt = watchInterrupt();
  const clock = stepClock();
  let finishPeak = startPeak();
  const { id, ...lesson } = await teach({
    ...lessonOptions(flags),
    signal: interrupt,
    onProgress: ({ step, steps }) => {
      if (step === 1 && steps > 1) finishPeak = restarted(finishPeak); // the sessions are open now
      clock.tick(step);
      progress.show('learning', step, steps);
    },
  });
  const peakLearnBytes = finishPeak();
  if (interrupt.aborted && !lesson.kept) {
    throw new EngineError('learn: expected to finish, got interrupted; the old weights stand');
  }
  const { oldHoldout, oldAccuracyBefore, oldAccuracyAfter, cause, ...own } = lesson;
  return {
    ...own,
    peakLearnBytes,
    peakPredictBytes: predicting.peakBytes,
    msPerStep: clock.msPerStep(),
    stateId: flags.state === undefined ? null : id,
    oldHoldout,
    oldAccuracyBefore,
    oldAccuracyAfter,
    cause,
  };
}

// A measurement in progress is ended before the next one starts.
function restarted(finish: () => number): () => number {
  finish();
  return startPeak();
}

/** The same for people. */
export function describeLesson(result: LessonResult, state: string | undefined): string[] {
  const judged = result.holdout > 0 ? 'held-out samples' : 'samples it learned from';
  const where =
    state === undefined ? 'for this run only; --state keeps it' : `as ${result.stateId}`;
  const { oldAccuracyBefore, oldAccuracyAfter } = result;
  return [
    `samples   ${result.samples}, ${result.holdout} held out; ${result.steps} steps`,
    `accuracy  ${showPercent(result.accuracyBefore)} -> ${showPercent(result.accuracyAfter)} on the ${judged}`,
    ...(oldAccuracyBefore === null || oldAccuracyAfter === null
      ? []
      : [
          `          ${showPercent(oldAccuracyBefore)} -> ${showPercent(oldAccuracyAfter)} on ${result.oldHoldout} earlier examples`,
        ]),
    `kept      ${result.kept ? `yes, ${where}` : `no, ${result.cause}; the old weights stand`}`,
    `memory    ${showBytes(result.peakLearnBytes)} learning, ${showBytes(result.peakPredictBytes)} predicting, over the opened model`,
    `time      ${result.msPerStep.toFixed(1)} ms a step`,
  ];
}
