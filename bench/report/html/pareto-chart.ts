// Accuracy against memory, the picture that answers "is it better than what I would use?": an arm to the
// upper left of all others has no rival.
import { dot, lineY, link, ruleX, text } from '@observablehq/plot';
import { scaleLinear, scaleLog } from 'd3-scale';

import type { ArmSummary, TaskResult } from '../../results.ts';
import { onwardFirst } from './chart.ts';
import type { Chart } from './chart.ts';
import { labelPlaces } from './label-places.ts';

interface ParetoPoint {
  readonly arm: string;
  readonly mebibytes: number;
  readonly accuracy: number;
  readonly low: number;
  readonly high: number;
}

const [width, height] = [760, 440];
const margins = { marginLeft: 56, marginRight: 24, marginTop: 36, marginBottom: 50 };
/** Between the outermost points and the frame. */
const inset = 24;
const within = { left: 60, right: width - 6, top: margins.marginTop - 8, bottom: height - 52 };
/** A label this far from its point has a line to it. */
const farAway = 7;

/** Peak learn memory on a logarithmic axis, accuracy with its interval; the front is drawn as steps. */
export function paretoChart({ title, arms, verdict, users, seeds }: TaskResult): Chart {
  const front = new Set(verdict?.front);
  // What has no setting is no way to learn of its own: a lesson, or none.
  const points = arms
    .filter(({ cost, setting }) => cost.peakBytes > 0 && setting.name !== 'none')
    .map(pointOf);
  const onFront = points.filter(({ arm }) => front.has(arm));
  const { x, y } = scalesOf(points);
  // Those that matter most find the places nearest to them; of the others, those at the right have least room.
  const rank = ({ arm }: ParetoPoint): number => (arm === 'onward' ? 0 : front.has(arm) ? 1 : 2);
  const ranked = points.toSorted((a, b) => rank(a) - rank(b) || b.mebibytes - a.mebibytes);
  const pixels = ranked.map(({ arm, mebibytes, accuracy }) => ({
    x: x(mebibytes),
    y: y(accuracy),
    label: arm,
    // Above the front there is nothing else.
    prefers: front.has(arm) || arm === 'onward' ? ('above' as const) : ('beside' as const),
  }));
  const labels = labelPlaces(pixels, within).map((place, index) => ({
    arm: ranked[index]!.arm,
    from: [ranked[index]!.mebibytes, ranked[index]!.accuracy] as const,
    to: [x.invert(place.x), y.invert(place.y)] as const,
    isFar: distanceTo(pixels[index]!, place) > farAway,
  }));
  const before = arms[0]?.before.mean ?? 0;
  return {
    title: `${title}: accuracy against memory`,
    describes: `On the front: ${[...front].join(', ')}.`,
    note:
      `${users.length} ${users.length === 1 ? 'user' : 'users'}, ${seeds.length} ${seeds.length === 1 ? 'seed' : 'seeds'}; ${before.toFixed(1)} % before learning. ` +
      'Upright lines: 95 % intervals over users. Dashed: no arm is better in both.',
    names: onwardFirst(arms.map(({ arm }) => arm)), // all, so that colours are the same in every picture
    isLabelled: true,
    options: {
      width,
      height,
      ...margins,
      inset,
      x: {
        type: 'log',
        domain: x.domain(),
        label: 'peak memory of a learning step over the loaded model, MiB →',
        tickFormat: ',',
      },
      y: { domain: y.domain(), label: '↑ accuracy after learning, %' },
      marks: [
        lineY(
          onFront.toSorted((a, b) => a.mebibytes - b.mebibytes),
          {
            x: 'mebibytes',
            y: 'accuracy',
            curve: 'step-after',
            stroke: 'currentColor',
            strokeOpacity: 0.4,
            strokeDasharray: '4,3',
          },
        ),
        ruleX(points, { x: 'mebibytes', y1: 'low', y2: 'high', stroke: 'arm', strokeOpacity: 0.5 }),
        link(
          labels.filter(({ isFar }) => isFar),
          {
            x1: ({ from }: Label) => from[0],
            y1: ({ from }: Label) => from[1],
            x2: ({ to }: Label) => to[0],
            y2: ({ to }: Label) => to[1],
            stroke: 'currentColor',
            strokeOpacity: 0.25,
          },
        ),
        dot(points.toReversed(), {
          x: 'mebibytes',
          y: 'accuracy',
          fill: 'arm',
          r: ({ arm }: ParetoPoint) => (arm === 'onward' ? 7 : 4.5),
        }),
        ...[true, false].map((isOnward) =>
          text(
            labels.filter(({ arm }) => (arm === 'onward') === isOnward),
            {
              x: ({ to }: Label) => to[0],
              y: ({ to }: Label) => to[1],
              text: 'arm',
              fill: 'currentColor',
              fillOpacity: ({ arm }: Label) => (arm === 'onward' || front.has(arm) ? 1 : 0.65),
              fontWeight: isOnward ? 700 : 400,
              // What is behind letters does not show between them.
              stroke: 'var(--plot-background)',
              strokeWidth: 4,
            },
          ),
        ),
      ],
    },
  };
}

interface Label {
  readonly arm: string;
  readonly from: readonly [mebibytes: number, accuracy: number];
  readonly to: readonly [mebibytes: number, accuracy: number];
}

function pointOf({ arm, cost, after }: ArmSummary): ParetoPoint {
  const mebibytes = cost.peakBytes / 2 ** 20;
  return { arm, mebibytes, accuracy: after.mean, low: after.low, high: after.high };
}

function scalesOf(points: readonly ParetoPoint[]): {
  x: ReturnType<typeof scaleLog<number>>;
  y: ReturnType<typeof scaleLinear<number>>;
} {
  const memory = points.map(({ mebibytes }) => mebibytes);
  const bounds = points.flatMap(({ low, high }) => [low, high]);
  return {
    x: scaleLog(
      [Math.min(...memory), Math.max(...memory)],
      [margins.marginLeft + inset, width - margins.marginRight - inset],
    ),
    y: scaleLinear(
      [Math.min(...bounds), Math.max(...bounds)],
      [height - margins.marginBottom - inset, margins.marginTop + inset],
    ),
  };
}

function distanceTo(point: { x: number; y: number }, label: { x: number; y: number }): number {
  // Labels beside their point are near it however long they are.
  return Math.abs(point.y - label.y);
}
