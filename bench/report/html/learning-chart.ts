// Accuracy while learning, the mean over the courses that were measured on their way.
import { lineY } from '@observablehq/plot';

import type { RunRow, TaskResult } from '../../results.ts';
import { onwardFirst } from './chart.ts';
import type { Chart } from './chart.ts';

/** Null where no arm has more than its two ends. */
export function learningChart({ title, runs }: TaskResult): Chart | null {
  const curves = runs.filter(({ curve }) => curve.length > 2);
  if (curves.length === 0) return null;
  const sums = new Map<string, { arm: string; step: number; total: number; count: number }>();
  for (const { arm, curve } of curves) {
    for (const [step, accuracy] of curve) {
      const key = `${arm} ${step}`;
      const sum = sums.get(key) ?? { arm, step, total: 0, count: 0 };
      sums.set(key, { ...sum, total: sum.total + accuracy, count: sum.count + 1 });
    }
  }
  const points = [...sums.values()].map(({ arm, step, total, count }) => ({
    arm,
    step,
    accuracy: total / count,
  }));
  return {
    title: `${title}: accuracy while learning`,
    describes: `One line an arm: ${curves.map(({ arm }) => arm).join(', ')}.`,
    note: describeCourses(curves),
    names: onwardFirst(curves.map(({ arm }) => arm)),
    options: {
      x: { label: 'steps →' },
      y: { label: '↑ accuracy on the user’s test samples, %', nice: true },
      // What is drawn last is seen where lines cover each other.
      marks: [false, true].map((isOnward) =>
        lineY(
          points.filter(({ arm }) => (arm === 'onward') === isOnward),
          {
            x: 'step',
            y: 'accuracy',
            stroke: 'arm',
            sort: 'step',
            strokeWidth: isOnward ? 3 : 1.5,
          },
        ),
      ),
    },
  };
}

function describeCourses(curves: readonly RunRow[]): string {
  const courses = new Set(curves.map(({ user, seed }) => `user ${user}, seed ${seed}`));
  const [first] = courses;
  return courses.size === 1 ? `Of ${first}.` : `Mean over ${courses.size} users and seeds.`;
}
