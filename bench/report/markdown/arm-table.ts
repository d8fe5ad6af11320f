import type { ArmSummary, Interval, TaskResult } from '../../results.ts';
import { tableText } from './fill-tables.ts';

/** Every way to learn on one task: `describes` adds what each is. */
export function armTable({ arms }: TaskResult): string {
  const forgets = arms.some(({ forgetting }) => forgetting !== null);
  return tableText([
    [
      'what learns',
      'after learning',
      'worst user',
      ...(forgets ? ['forgotten'] : []),
      'peak memory',
      'time of a step',
    ],
    ...arms.map((arm) => rowOf(arm, forgets)),
  ]);
}

function rowOf({ arm, after, worst, forgetting, cost }: ArmSummary, forgets: boolean): string[] {
  return [
    arm === 'onward' ? `**${arm}**` : arm,
    `${percent(after.mean)} (${bounds(after)})`,
    percent(worst.after),
    ...(forgets ? [forgetting === null ? '' : `${forgetting.mean.toFixed(1)} points`] : []),
    `${mebibytes(cost.peakBytes)} MiB`,
    cost.msPerStep > 0 ? `${cost.msPerStep.toFixed(1)} ms` : '',
  ];
}

function percent(value: number): string {
  return `${value.toFixed(1)} %`;
}

function bounds({ low, high }: Interval): string {
  return `${low.toFixed(1)} to ${high.toFixed(1)}`;
}

function mebibytes(bytes: number): string {
  return (bytes / 2 ** 20).toFixed(2);
}
