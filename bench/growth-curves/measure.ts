// How memory and time of a step grow, each point in processes of its own: one for memory, one for time.
import { runChild } from '../child-process.ts';
import type { GrowthCurve, GrowthPoint } from '../results.ts';
import { axes } from './axes.ts';
import type { Axis } from './axes.ts';
import type { PointRequest } from './point-process.ts';

export const growthArms = [
  'onward',
  'exact replay',
  'int8 backprop',
  'full backprop, float32',
  'checkpointed backprop, float32',
] as const;

export type GrowthArm = (typeof growthArms)[number];

/** Every axis and arm; quick takes every other value. A point that fails ends its curve, and says why. */
export async function measureGrowth(
  isQuick: boolean,
  onProgress: (message: string) => void,
): Promise<GrowthCurve[]> {
  const curves: GrowthCurve[] = [];
  for (const axis of axes) {
    for (const arm of growthArms) {
      onProgress(`${axis.axis}: ${arm}`);
      curves.push({
        axis: axis.axis,
        network: axis.network,
        arm,
        points: await pointsOf(axis, arm, isQuick),
      });
    }
  }
  return curves;
}

async function pointsOf(axis: Axis, arm: GrowthArm, isQuick: boolean): Promise<GrowthPoint[]> {
  const points: GrowthPoint[] = [];
  for (const x of axis.values.filter((_, index) => !isQuick || index % 2 === 0)) {
    const work = { ...axis.at(x), arm };
    const peakBytes = await measure({ ...work, measures: 'memory' });
    const msPerStep = await measure({ ...work, measures: 'time' });
    points.push({ x: axis.label?.(x) ?? x, peakBytes, msPerStep });
  }
  return points;
}

function measure(request: PointRequest): Promise<number> {
  return runChild<number>({
    file: './growth-curves/point-process.ts',
    args: [],
    input: JSON.stringify(request),
    measures: request.measures,
  });
}
