// How memory and time of a step grow. Memory of each point in a process of its own; time of all arms at one value of x
// in turn in one process, so that whoever else uses the machine is shared by all.
import { runChild } from '../child-process.ts';
import type { GrowthCurve } from '../results.ts';
import { axes } from './axes.ts';
import type { GrowthWork } from './axes.ts';
import { measureAxis } from './measure-axis.ts';
import type { Meter } from './measure-axis.ts';
import type { PointRequest } from './point-process.ts';

/** Of one process: what takes longer is left out. */
const limitMs = 180_000;

/** Every axis and arm; quick takes every other value. */
export async function measureGrowth(
  isQuick: boolean,
  onProgress: (message: string) => void,
): Promise<GrowthCurve[]> {
  const curves: GrowthCurve[] = [];
  for (const axis of axes) {
    const values = axis.values.filter((_, index) => !isQuick || index % 2 === 0);
    curves.push(...(await measureAxis({ ...axis, values }, meter, onProgress)));
  }
  return curves;
}

const meter: Meter = {
  peakOf: (work: GrowthWork) => run<number>({ measures: 'memory', work }),
  timesOf: (works: readonly GrowthWork[]) => run<number[]>({ measures: 'time', works }),
};

function run<Result>(request: PointRequest): Promise<Result> {
  return runChild<Result>({
    file: './growth-curves/point-process.ts',
    args: [],
    input: JSON.stringify(request),
    measures: request.measures,
    limitMs,
  });
}
