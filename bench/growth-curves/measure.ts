// How memory and time of a step grow. Memory of each point in a process of its own; time of all arms at one value of x
// in turn in one process, so that whoever else uses the machine is shared by all.
import { runChild } from '../child-process.ts';
import type { GrowthCurve } from '../results.ts';
import { axes } from './axes.ts';
import type { Axis, GrowthWork } from './axes.ts';
import { measureAxis } from './measure-axis.ts';
import type { Meter } from './measure-axis.ts';
import type { PointRequest } from './point-process.ts';

/** Of one process: what takes longer is left out. */
const limitMs = 180_000;

/** Every axis and arm; quick takes fewer values and arms, and fewer rounds of times. */
export async function measureGrowth(
  isQuick: boolean,
  onProgress: (message: string) => void,
): Promise<GrowthCurve[]> {
  const curves: GrowthCurve[] = [];
  const meter = meterOf(isQuick ? 1000 : 20_000);
  for (const axis of isQuick ? axes.flatMap(quickOf) : axes) {
    curves.push(...(await measureAxis(axis, meter, onProgress)));
  }
  return curves;
}

function quickOf(axis: Axis): Axis[] {
  const { quick } = axis;
  if (quick === null) return [];
  const arms = [...axis.arms].filter(([arm]) => quick.arms.includes(arm));
  return [{ ...axis, values: quick.values, arms: new Map(arms) }];
}

function meterOf(roundsMs: number): Meter {
  return {
    peakOf: (work: GrowthWork) => run<number>({ measures: 'memory', work }),
    timesOf: (works: readonly GrowthWork[]) => run<number[]>({ measures: 'time', works, roundsMs }),
  };
}

function run<Result>(request: PointRequest): Promise<Result> {
  return runChild<Result>({
    file: './growth-curves/point-process.ts',
    args: [],
    input: JSON.stringify(request),
    measures: request.measures,
    limitMs,
  });
}
