// Accuracy while learning, the mean over users and seeds at each measured step.
import { lineY } from '@observablehq/plot';

import type { TaskResult } from '../../results.ts';
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
    describes: 'Mean over users and seeds.',
    names: onwardFirst(curves.map(({ arm }) => arm)),
    options: {
      x: { label: 'steps →' },
      y: { label: '↑ accuracy on the user’s test samples, %', nice: true },
      marks: [
        lineY(points, {
          x: 'step',
          y: 'accuracy',
          stroke: 'arm',
          sort: 'step',
          strokeWidth: 2,
        }),
      ],
    },
  };
}
