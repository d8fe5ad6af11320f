// Accuracy against memory, the picture that answers "is it better than what I would use?": an arm to the
// upper left of all others has no rival.
import { dot, lineY, ruleX, text } from '@observablehq/plot';

import type { ArmSummary, TaskResult } from '../../results.ts';
import { onwardFirst } from './chart.ts';
import type { Chart } from './chart.ts';

/** Peak learn memory on a logarithmic axis, accuracy with its interval; the front is drawn as steps. */
export function paretoChart({ title, arms, verdict }: TaskResult): Chart {
  const learning = arms.filter(({ cost }) => cost.peakBytes > 0);
  const points = learning.map((arm) => ({
    arm: arm.arm,
    mebibytes: arm.cost.peakBytes / 2 ** 20,
    accuracy: arm.after.mean,
    low: arm.after.low,
    high: arm.after.high,
  }));
  const front = frontOf(learning, verdict?.front ?? []);
  const named = new Set(['onward', ...(verdict?.front ?? [])]);
  return {
    title: `${title}: accuracy against memory`,
    describes: `On the front: ${(verdict?.front ?? []).join(', ')}.`,
    names: onwardFirst(learning.map(({ arm }) => arm)),
    options: {
      x: {
        type: 'log',
        label: 'peak memory of a learning step over the loaded model, MiB →',
        tickFormat: ',',
      },
      y: { label: '↑ accuracy after learning, %', nice: true },
      marks: [
        lineY(front, {
          x: 'mebibytes',
          y: 'accuracy',
          curve: 'step-after',
          stroke: 'currentColor',
          strokeOpacity: 0.3,
          strokeDasharray: '4,3',
        }),
        ruleX(points, { x: 'mebibytes', y1: 'low', y2: 'high', stroke: 'arm', strokeOpacity: 0.6 }),
        dot(points, {
          x: 'mebibytes',
          y: 'accuracy',
          fill: 'arm',
          r: (point: { arm: string }) => (point.arm === 'onward' ? 7 : 4.5),
        }),
        // The others are told by their colours: where many are alike, names would cover each other.
        text(
          points.filter(({ arm }) => named.has(arm)),
          {
            x: 'mebibytes',
            y: 'accuracy',
            text: 'arm',
            dx: 9,
            textAnchor: 'start',
            fill: 'currentColor',
          },
        ),
      ],
    },
  };
}

function frontOf(
  arms: readonly ArmSummary[],
  front: readonly string[],
): { mebibytes: number; accuracy: number }[] {
  return arms
    .filter(({ arm }) => front.includes(arm))
    .map(({ cost, after }) => ({ mebibytes: cost.peakBytes / 2 ** 20, accuracy: after.mean }))
    .toSorted((a, b) => a.mebibytes - b.mebibytes);
}
