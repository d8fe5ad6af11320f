// How memory and time grow with one size of the network while everything else stays.
import { dot, lineY } from '@observablehq/plot';

import type { GrowthCurve, GrowthPoint } from '../../results.ts';
import { alike } from './alike.ts';
import { onwardFirst } from './chart.ts';
import type { Chart } from './chart.ts';

const axes: Readonly<Record<GrowthCurve['axis'], string>> = {
  layers: 'layers',
  batch: 'samples in a batch',
  steps: 'steps of a sequence',
  parameters: 'weights',
};

/** One chart of memory and one of time for each axis and network that was measured. */
export function growthCharts(curves: readonly GrowthCurve[]): Chart[] {
  return alike(curves, ({ axis, network }) => `${axis}, ${network}`).flatMap(([, group]) => [
    growthChart(
      group,
      'memory',
      'peak memory of a step, MiB',
      ({ peakBytes }) => peakBytes / 2 ** 20,
    ),
    growthChart(group, 'time', 'time of a step, ms', ({ msPerStep }) => msPerStep),
  ]);
}

function growthChart(
  group: readonly GrowthCurve[],
  what: string,
  label: string,
  value: (point: GrowthPoint) => number,
): Chart {
  const { axis, network } = group[0]!;
  // What is drawn last is seen where lines cover each other: the first, onward.
  const points = group
    .toReversed()
    .flatMap(({ arm, points: own }) => own.map((point) => ({ arm, x: point.x, y: value(point) })));
  const marks = { x: 'x', y: 'y', stroke: 'arm' };
  return {
    title: `${what[0]!.toUpperCase()}${what.slice(1)} against ${axes[axis]}`,
    describes: 'A straight line that rises by one unit a unit is linear growth.',
    note: `${network}; both axes logarithmic`,
    names: onwardFirst(group.map(({ arm }) => arm)),
    options: {
      width: 460,
      height: 330,
      x: { type: 'log', label: `${axes[axis]} →`, tickFormat: 's', ticks: 5 },
      y: { type: 'log', label: `↑ ${label}`, tickFormat: ',', ticks: 5 },
      marks: [
        lineY(points, { ...marks, strokeWidth: 2 }),
        dot(points, { ...marks, fill: 'arm', r: 3 }),
      ],
    },
  };
}
