import type { ArmSummary, Interval, TaskResult } from '../results.ts';
import { lessonRow } from './lesson-row.ts';
import { recurrentPromises } from './recurrent-rows.ts';
import { missingRow } from './row.ts';
import type { Row } from './row.ts';

/** A line for each arm, and what is promised of onward's default. */
export function accuracyRows(result: TaskResult): Row[] {
  const { task, skipped, arms } = result;
  if (skipped !== null) return [missingRow(task, skipped)];
  return [
    ...arms.map((arm) => armRow(task, arm)),
    frontRow(result),
    ...promises(task, arms),
    ...recurrentPromises(result),
    ...lessonRow(result),
  ];
}

function armRow(task: string, { arm, before, after, worst, forgetting, cost }: ArmSummary): Row {
  const forgot = forgetting === null ? '' : `, forgot ${forgetting.mean.toFixed(1)}`;
  return {
    claim: `${task}: ${arm}`,
    measured:
      `${before.mean.toFixed(1)} -> ${after.mean.toFixed(1)} % (${bounds(after)}; worst ${worst.after.toFixed(1)}${forgot}), ` +
      `${(cost.peakBytes / 2 ** 20).toFixed(2)} MiB, ${cost.msPerStep.toFixed(1)} ms`,
    promised: '',
    holds: null,
  };
}

function frontRow({ task, verdict }: TaskResult): Row {
  // Promised of the hard shift and of real users; elsewhere the row stands for comparison.
  const isPromised = /^(digits-hard|wisdm|fsdd)/.test(task);
  return {
    claim: `${task}: onward against all others, accuracy and memory`,
    measured: verdict!.onwardOnFront
      ? 'on the Pareto front'
      : `not on the Pareto front: ${verdict!.front.join(', ')}`,
    promised: isPromised ? 'on the Pareto front' : '',
    holds: isPromised ? verdict!.onwardOnFront : null,
  };
}

function promises(task: string, arms: readonly ArmSummary[]): Row[] {
  if (task !== 'digits-hard') return [];
  const of = (name: string): number => arms.find(({ arm }) => arm === name)!.after.mean;
  const [onward, head, float] = [of('onward'), of('head only'), of('full backprop, float32')];
  return [
    {
      claim: 'onward against full float32 backprop at its best',
      measured: `${(onward - float).toFixed(2)} points`,
      promised: 'at most 1.0 below',
      holds: float - onward <= 1,
    },
    {
      claim: 'onward against head only',
      measured: `${(onward - head).toFixed(1)} points above ${head.toFixed(1)} %`,
      promised: 'at least 15 above; head only under 60 %',
      holds: onward - head >= 15 && head < 60,
    },
  ];
}

function bounds({ low, high }: Interval): string {
  return `${low.toFixed(1)} to ${high.toFixed(1)}`;
}
