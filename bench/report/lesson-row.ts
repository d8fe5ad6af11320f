// What is promised of a lesson as a user gets it, with a gate: nobody is left worse off.
import type { RunRow, TaskResult } from '../results.ts';
import type { Row } from './row.ts';

/** None for tasks measured without lessons. */
export function lessonRow({ task, runs }: Pick<TaskResult, 'task' | 'runs'>): Row[] {
  const worst = worstChange(runs, 'onward, as a lesson');
  if (worst === null) return [];
  const others = [
    ['rehearsing old examples', worstChange(runs, 'onward, as a lesson that rehearses')],
    ['without a gate', worstChange(runs, 'onward')],
  ] as const;
  const beside = others.flatMap(([what, change]) =>
    change === null ? [] : `; ${what} ${signed(change)}`,
  );
  return [
    {
      claim: `${task}: the user who gained least from a lesson`,
      measured: `${signed(worst)} points${beside.join('')}`,
      promised: 'not below where it started',
      holds: worst >= 0,
    },
  ];
}

/** The least of the users' mean changes over seeds; null where the arm was not measured. */
function worstChange(runs: readonly RunRow[], arm: string): number | null {
  const changes = new Map<string, number[]>();
  for (const run of runs.filter((each) => each.arm === arm)) {
    changes.set(run.user, [...(changes.get(run.user) ?? []), run.after - run.before]);
  }
  if (changes.size === 0) return null;
  return Math.min(
    ...Array.from(changes.values(), (each) => each.reduce((a, b) => a + b, 0) / each.length),
  );
}

function signed(points: number): string {
  return `${points < 0 ? '' : '+'}${points.toFixed(2)}`;
}
