// All arms on the same samples and the same split. Each chooses its setting on a part of the training
// samples, then learns all of them once for each seed; the held-out ones judge, and nothing else sees them.
import { EngineError, InputError, logitPositions, OnwardError, sizeOf } from '#runtime';
import type { PackageContent } from '#runtime';

import type { Arm } from './arms.ts';
import { chooseSetting, settingsOf } from './choose-setting.ts';
import type { Setting } from './choose-setting.ts';
import { learn, score } from './course.ts';
import type { Score } from './course.ts';
import { pick, split } from './examples.ts';
import type { Examples } from './examples.ts';
import { keptBytes } from './kept-bytes.ts';
import { peakInFreshProcess, stepTimes } from './measure-step.ts';
import { openTrainee } from './open-trainee.ts';
import { reportOf } from './report.ts';
import type { ArmRun, BenchReport, MeasuredArm } from './report.ts';
import type { Trainee } from './trainee.ts';

export interface BenchOptions {
  readonly arms: readonly Arm[];
  readonly seeds: readonly number[];
  /** Fraction of each class. */
  readonly holdout: number;
  readonly epochs: number;
  readonly signal: { readonly aborted: boolean };
  readonly onProgress: (stage: string, done: number, total: number) => void;
}

interface Setup extends BenchOptions {
  readonly content: PackageContent;
  readonly size: number;
  readonly training: Examples;
  readonly held: Examples;
  /** Of the training samples: what settings are tried on, and judged by. */
  readonly tried: Examples;
  readonly judging: Examples;
}

/** Throws InputError for samples too few to split, EngineError where `signal` was aborted. */
export async function compareArms(
  content: PackageContent,
  own: Examples,
  options: BenchOptions,
): Promise<BenchReport> {
  if (logitPositions(content) > 1) {
    throw new InputError(
      'bench: expected a model with one label a sample, got labels of every step',
    );
  }
  const size = sizeOf(content.model.graph.inputShape);
  const { rest: training, apart: held } = split(own, size, options.holdout);
  const { rest: tried, apart: judging } = split(training, size, 0.25);
  if (held.labels.length === 0 || judging.labels.length === 0) {
    throw new InputError(
      `bench: expected a class with at least three samples, got ${own.labels.length} in all; give more of each class`,
    );
  }
  const setup: Setup = { ...options, content, size, training, held, tried, judging };
  const measured: MeasuredArm[] = [];
  const skipped: { readonly arm: Arm; readonly cause: string }[] = [];
  for (const [index, arm] of options.arms.entries()) {
    const place = `${arm.name} (${index + 1} of ${options.arms.length})`;
    try {
      const variant = arm.contentOf(content, { seed: options.seeds[0] ?? 0, training });
      const twin = measured.find((each) => isSameWay(each, arm, variant));
      if (twin) skipped.push({ arm, cause: `the same as ${twin.arm.name} for this package` });
      else measured.push(await measureArm(setup, arm, variant, place));
    } catch (error) {
      if (!(error instanceof OnwardError) || options.signal.aborted) throw error;
      skipped.push({ arm, cause: error.message });
    }
  }
  const times = await measureTimes(setup, measured);
  return reportOf({
    ...options,
    content,
    counts: { training: training.labels.length, holdout: held.labels.length },
    measured,
    times,
    skipped,
  });
}

/** Plans without drawn feedback that train the same modules by the same rules. */
function isSameWay({ arm, variant }: MeasuredArm, other: Arm, content: PackageContent): boolean {
  const isFixed = arm.learning === 'plan' && other.learning === 'plan';
  return isFixed && !arm.isDrawn && !other.isDrawn && keyOf(variant) === keyOf(content);
}

function keyOf({ plan: { rules, recurrence } }: PackageContent): string {
  return JSON.stringify([rules, recurrence]);
}

async function measureArm(
  setup: Setup,
  arm: Arm,
  variant: PackageContent,
  place: string,
): Promise<MeasuredArm> {
  const { content, training, held, seeds, size } = setup;
  const { learning } = arm;
  const setting = await chooseSetting(
    settingsOf(learning, content.plan.learningRate),
    async (each) => {
      const request = { learning, variant, setting: each, seed: seeds[0] ?? 0 };
      const { after } = await runCourse(setup, request, {
        stage: `${place}, trying ${each.name} ${each.value}`,
        examples: setup.tried,
        judges: [setup.judging],
      });
      return after[0] ?? { accuracy: 0, loss: Infinity };
    },
    () => setup.signal.aborted,
  );
  const runs: ArmRun[] = [];
  const old = content.examples;
  for (const seed of seeds) {
    const drawn = arm.isDrawn ? arm.contentOf(content, { seed, training }) : variant;
    const { before, after, steps } = await runCourse(
      setup,
      { learning, variant: drawn, setting, seed },
      {
        stage: `${place}, seed ${seed}`,
        examples: training,
        judges: old.labels.length > 0 ? [held, old] : [held],
      },
    );
    runs.push({ seed, before, after, steps });
  }
  const batch = first(training, size, learning === 'nearest' ? Infinity : variant.plan.batchSize);
  setup.onProgress(`${place}, memory`, 0, 1);
  // Ctrl-C ends the child too, and says more than that it ended.
  const peakBytes = await peakInFreshProcess(learning, variant, batch).finally(() =>
    requireGoingOn(setup),
  );
  const kept = keptBytes(learning, variant, training.labels.length);
  return { arm, variant, setting, runs, peakBytes, keptBytes: kept };
}

interface CourseRequest {
  readonly learning: Arm['learning'];
  readonly variant: PackageContent;
  readonly setting: Setting;
  readonly seed: number;
}

/** From the package's weights; scores on each of `judges`. */
async function runCourse(
  setup: Setup,
  { learning, variant, setting, seed }: CourseRequest,
  use: {
    readonly stage: string;
    readonly examples: Examples;
    readonly judges: readonly Examples[];
  },
): Promise<{ before: Score[]; after: Score[]; steps: number }> {
  const { size } = setup;
  const { batchSize, clip } = variant.plan;
  await using trainee = await openTrainee(learning, variant, setting.value);
  const scores = async (): Promise<Score[]> => {
    const all: Score[] = [];
    for (const judge of use.judges) all.push(await score(trainee, judge, size));
    return all;
  };
  const before = await scores();
  const epochs = { none: 0, nearest: 1, plan: setup.epochs, float: setup.epochs }[learning];
  const steps = await learn(trainee, {
    examples: use.examples,
    size,
    batchSize,
    clip,
    epochs,
    seed,
    learningRate: setting.value,
    onStep: (step, total) => {
      requireGoingOn(setup);
      setup.onProgress(use.stage, step, total);
    },
  });
  return { before, after: await scores(), steps };
}

async function measureTimes(setup: Setup, measured: readonly MeasuredArm[]): Promise<number[]> {
  const trainees: Trainee[] = [];
  try {
    for (const { arm, variant, setting } of measured) {
      trainees.push(await openTrainee(arm.learning, variant, setting.value));
    }
    const batch = first(setup.training, setup.size, setup.content.plan.batchSize);
    const times = await stepTimes(trainees, batch, (round, rounds) => {
      requireGoingOn(setup);
      setup.onProgress('time of all, in turn', round, rounds);
    });
    return measured.map(({ arm }, index) => (arm.learning === 'none' ? 0 : (times[index] ?? 0)));
  } finally {
    for (const trainee of trainees) await trainee[Symbol.asyncDispose]();
  }
}

function first(examples: Examples, size: number, count: number): Examples {
  return pick(
    examples,
    size,
    examples.labels.map((_, index) => index).filter((index) => index < count),
  );
}

function requireGoingOn({ signal }: Setup): void {
  if (!signal.aborted) return;
  throw new EngineError('bench: expected to finish, got interrupted; nothing was changed');
}
