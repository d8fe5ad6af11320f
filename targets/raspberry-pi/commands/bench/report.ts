// What `onward bench` found, as numbers and in words.
import type { PackageContent } from '#runtime';

import { showBytes } from '../units.ts';
import type { Arm } from './arms.ts';
import type { Setting } from './choose-setting.ts';
import type { Score } from './course.ts';
import { peakMeasure } from './mapped-peak.ts';
import type { PeakMeasure } from './mapped-peak.ts';

/** What `bench --json` prints; accuracies from 0 to 1. */
export interface BenchReport {
  /** Samples learned from and judged by, and examples of the package. */
  readonly training: number;
  readonly holdout: number;
  readonly oldExamples: number;
  readonly batchSize: number;
  readonly epochs: number;
  readonly seeds: readonly number[];
  /** What `peakBytes` counts: pages mapped at once, or samples of resident memory, which can miss. */
  readonly peakMeasure: PeakMeasure;
  /** Least peak memory first; those that were not run last. */
  readonly arms: readonly ArmReport[];
  /** Where the package's own plan stands, and each arm that was more accurate. */
  readonly sentences: readonly string[];
}

/** Numbers are null where the arm was not run. */
export interface ArmReport {
  readonly arm: string;
  readonly describes: string;
  /** Why it was not run; null where it was. */
  readonly cause: string | null;
  readonly setting: Setting | null;
  readonly accuracyBefore: number | null;
  /** Mean over the seeds, and the least. */
  readonly accuracyAfter: number | null;
  readonly accuracyWorst: number | null;
  /** On the package's own examples, mean over the seeds; null also where it brings none. */
  readonly oldAccuracyBefore: number | null;
  readonly oldAccuracyAfter: number | null;
  readonly steps: number | null;
  readonly msPerStep: number | null;
  readonly peakBytes: number | null;
  readonly keptBytes: number | null;
  /** Whether no other arm is at least as accurate in no more memory, and better in one of the two; in memory by 256 KiB. */
  readonly onFront: boolean;
  readonly runs: readonly {
    readonly seed: number;
    readonly accuracyAfter: number;
    readonly oldAccuracyAfter: number | null;
  }[];
}

/** One seed; scores on the held-out samples, then on the package's examples where there are any. */
export interface ArmRun {
  readonly seed: number;
  readonly before: readonly Score[];
  readonly after: readonly Score[];
  readonly steps: number;
}

export interface MeasuredArm {
  readonly arm: Arm;
  readonly variant: PackageContent;
  readonly setting: Setting;
  readonly runs: readonly ArmRun[];
  readonly peakBytes: number;
  readonly keptBytes: number;
}

interface Point {
  readonly arm: string;
  readonly accuracy: number;
  readonly peakBytes: number;
}

export function reportOf({
  content,
  counts,
  epochs,
  seeds,
  measured,
  times,
  skipped,
}: {
  readonly content: PackageContent;
  readonly counts: { readonly training: number; readonly holdout: number };
  readonly epochs: number;
  readonly seeds: readonly number[];
  readonly measured: readonly MeasuredArm[];
  /** Milliseconds of a step, one for each measured arm. */
  readonly times: readonly number[];
  readonly skipped: readonly { readonly arm: Arm; readonly cause: string }[];
}): BenchReport {
  const points = measured.map(pointOf);
  const run = measured.map((each, i): ArmReport => armReport(each, times[i] ?? 0, points));
  return {
    ...counts,
    oldExamples: content.examples.labels.length,
    batchSize: content.plan.batchSize,
    epochs,
    seeds,
    peakMeasure: peakMeasure(),
    arms: [
      ...run.toSorted((a, b) => (a.peakBytes ?? 0) - (b.peakBytes ?? 0)),
      ...skipped.map(({ arm, cause }) => notRun(arm, cause)),
    ],
    sentences: sentencesOn(points, counts.holdout),
  };
}

function pointOf({ arm, runs, peakBytes }: MeasuredArm): Point {
  return { arm: arm.name, accuracy: mean(runs.map(({ after }) => after[0])) ?? 0, peakBytes };
}

function armReport(measured: MeasuredArm, msPerStep: number, points: readonly Point[]): ArmReport {
  const { arm, setting, runs, peakBytes, keptBytes } = measured;
  const own = pointOf(measured);
  return {
    arm: arm.name,
    describes: arm.describes,
    cause: null,
    setting,
    accuracyBefore: mean(runs.map(({ before }) => before[0])),
    accuracyAfter: own.accuracy,
    accuracyWorst: Math.min(...runs.map(({ after }) => after[0]?.accuracy ?? 0)),
    oldAccuracyBefore: mean(runs.map(({ before }) => before[1])),
    oldAccuracyAfter: mean(runs.map(({ after }) => after[1])),
    steps: runs[0]?.steps ?? 0,
    msPerStep,
    peakBytes,
    keptBytes,
    onFront: !points.some((other) => beats(other, own)),
    runs: runs.map(({ seed, after }) => ({
      seed,
      accuracyAfter: after[0]?.accuracy ?? 0,
      oldAccuracyAfter: after[1]?.accuracy ?? null,
    })),
  };
}

function notRun({ name, describes }: Arm, cause: string): ArmReport {
  return {
    arm: name,
    describes,
    cause,
    setting: null,
    accuracyBefore: null,
    accuracyAfter: null,
    accuracyWorst: null,
    oldAccuracyBefore: null,
    oldAccuracyAfter: null,
    steps: null,
    msPerStep: null,
    peakBytes: null,
    keptBytes: null,
    onFront: false,
    runs: [],
  };
}

/** Null of none. */
function mean(scores: readonly (Score | undefined)[]): number | null {
  const accuracies = scores.flatMap((score) => (score ? [score.accuracy] : []));
  const sum = accuracies.reduce((total, accuracy) => total + accuracy, 0);
  return accuracies.length === 0 ? null : sum / accuracies.length;
}

/** Peaks of the same arm differ by up to 150 KiB from process to process; less than this is no difference. */
export const resolution: number = 2 ** 18;

function beats(a: Point, b: Point): boolean {
  const isNoWorse = a.accuracy >= b.accuracy && a.peakBytes <= b.peakBytes;
  return isNoWorse && (a.accuracy > b.accuracy || a.peakBytes < b.peakBytes - resolution);
}

/** Nothing where the package's own plan is not among the points. */
function sentencesOn(points: readonly Point[], holdout: number): string[] {
  const own = points.find(({ arm }) => arm === 'package');
  if (own === undefined) return [];
  const winners = points.filter((other) => beats(other, own));
  const better = points
    .filter(({ accuracy }) => accuracy > own.accuracy)
    .toSorted((a, b) => b.accuracy - a.accuracy);
  const sample = showPoints(1 / holdout);
  return [
    winners.length === 0
      ? `The package's own plan is on the Pareto front: none is more accurate in its ${showBytes(own.peakBytes)}, or as accurate in clearly less.`
      : `The package's own plan is not on the Pareto front: at least as accurate in no more memory: ${winners.map(({ arm }) => arm).join(', ')}.`,
    ...better.map(
      ({ arm, accuracy, peakBytes }) =>
        `${arm} is ${showPoints(accuracy - own.accuracy)} points more accurate than the package's own plan, in ${showBytes(peakBytes)} instead of ${showBytes(own.peakBytes)}; one of ${holdout} held-out samples is ${sample} points.`,
    ),
  ];
}

function showPoints(fraction: number): string {
  return (100 * fraction).toFixed(1);
}
