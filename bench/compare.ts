// Two result files, the earlier first: what became worse by more than chance or measurement explains.
import { average, bootstrap } from './bootstrap.ts';
import type { ArmSummary, BenchResults, RunRow, TaskResult } from './results.ts';

export interface Comparison {
  /** Whole sentences; empty where nothing became worse. */
  readonly regressions: readonly string[];
  /** What could not be compared, in words. */
  readonly notes: readonly string[];
}

/** A peak moves by less than this from run to run on an idle machine. */
const memoryTolerance = 0.1;
/** Of a step's time over float32 backpropagation's in the same file; absolute times are not compared. */
const timeTolerance = 0.25;

/**
 * Accuracy and forgetting: of runs in both files, paired by arm, user and seed; worse where the 95 % interval of
 * the difference lies on the wrong side of 0. Peaks and times: worse beyond a tolerance. Promises: worse where
 * one held and no longer does. Throws RangeError where a file has another format.
 */
export function compareResults(before: BenchResults, after: BenchResults): Comparison {
  for (const { format } of [before, after]) {
    if (format !== 3) throw new RangeError(`results: expected format 3, got ${String(format)}`);
  }
  const notes = before.mode === after.mode ? [] : [`${before.mode} is compared with ${after.mode}`];
  const regressions = brokenPromises(before, after);
  for (const task of after.tasks) {
    const earlier = before.tasks.find((other) => other.task === task.task);
    if (!earlier || earlier.skipped !== null || task.skipped !== null) {
      notes.push(`${task.task}: not in both files`);
      continue;
    }
    const [earlierOn, nowOn] = [before, after].map(({ parts }) => processorOf(parts, task));
    if (earlierOn !== nowOn) notes.push(`${task.task}: measured on ${earlierOn}, now on ${nowOn}`);
    const hasRuns = earlier.runs.length > 0 && task.runs.length > 0;
    if (!hasRuns)
      notes.push(`${task.task}: a published file holds no runs; accuracies are not compared`);
    for (const arm of task.arms) {
      const was = earlier.arms.find((other) => other.arm === arm.arm);
      if (!was) {
        notes.push(`${task.task}, ${arm.arm}: not in both files`);
        continue;
      }
      const accuracy = hasRuns ? worseRuns(earlier, task, arm.arm) : [];
      if (accuracy === null) notes.push(`${task.task}, ${arm.arm}: no user and seed in both files`);
      else regressions.push(...accuracy);
      regressions.push(...worseCosts(was, arm, `${task.task}, ${arm.arm}`));
    }
    regressions.push(...slowerArms(earlier, task));
  }
  return { regressions, notes };
}

function processorOf(parts: BenchResults['parts'], { task }: TaskResult): string {
  return parts[`accuracy:${task}`]?.machine.cpu ?? 'an unknown processor';
}

function brokenPromises(before: BenchResults, after: BenchResults): string[] {
  const held = new Set(before.claims.filter(({ holds }) => holds).map(({ claim }) => claim));
  return after.claims
    .filter(({ claim, holds }) => holds === false && held.has(claim))
    .map(({ claim, measured, promised }) => `${claim}: held, now ${measured} (${promised})`);
}

function worseRuns(before: TaskResult, after: TaskResult, arm: string): string[] | null {
  const pairs = after.runs.flatMap((run): [RunRow, RunRow][] => {
    if (run.arm !== arm) return [];
    const was = before.runs.find(
      (other) => other.arm === arm && other.user === run.user && other.seed === run.seed,
    );
    return was ? [[was, run]] : [];
  });
  if (pairs.length === 0) return null;
  const what = `${after.task}, ${arm}`;
  const accuracy = pairs.map(([was, now]) => ({ user: now.user, value: now.after - was.after }));
  const original = pairs.flatMap(([was, now]) =>
    was.originalAfter === null || now.originalAfter === null
      ? []
      : [{ user: now.user, value: now.originalAfter - was.originalAfter }],
  );
  return [
    ...fallen(accuracy, `${what}: accuracy`),
    ...fallen(original, `${what}: accuracy on the original domain`),
  ];
}

function fallen(differences: readonly { user: string; value: number }[], what: string): string[] {
  if (differences.length === 0) return [];
  const { mean, low, high } = bootstrap(differences);
  if (high >= 0) return [];
  return [
    `${what} fell by ${(-mean).toFixed(1)} points (95 % interval ${(-high).toFixed(1)} to ${(-low).toFixed(1)})`,
  ];
}

function worseCosts(was: ArmSummary, now: ArmSummary, what: string): string[] {
  const [before, after] = [was.cost.peakBytes, now.cost.peakBytes];
  if (after <= before * (1 + memoryTolerance)) return [];
  return [`${what}: peak memory rose from ${mebibytes(before)} to ${mebibytes(after)} MiB`];
}

function mebibytes(bytes: number): string {
  return (bytes / 2 ** 20).toFixed(2);
}

function slowerArms(before: TaskResult, after: TaskResult): string[] {
  return after.arms.flatMap(({ arm }) => {
    const [was, now] = [relativeTime(before, arm), relativeTime(after, arm)];
    if (was === null || now === null || now <= was * (1 + timeTolerance)) return [];
    return [
      `${after.task}, ${arm}: a step took ${was.toFixed(2)} of float32 backpropagation’s time, now ${now.toFixed(2)}`,
    ];
  });
}

function relativeTime({ arms }: TaskResult, arm: string): number | null {
  const timeOf = (name: string): number =>
    average(arms.filter((other) => other.arm === name).map(({ cost }) => cost.msPerStep));
  const ratio = timeOf(arm) / timeOf('full backprop, float32');
  return Number.isFinite(ratio) ? ratio : null;
}
