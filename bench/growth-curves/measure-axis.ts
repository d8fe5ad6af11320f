// One axis: every arm at rising values of x. An arm that fails or takes too long at one value is left out from there on.
import type { GrowthCurve, GrowthEnd, GrowthPoint } from '../results.ts';
import { twoAtATime } from '../two-at-a-time.ts';
import type { Axis, GrowthWork } from './axes.ts';

/** Both reject where the work cannot be done, or takes too long. */
export interface Meter {
  /** Bytes that a step allocates at once. */
  readonly peakOf: (work: GrowthWork) => Promise<number>;
  /** Milliseconds of a step of each, measured in turn. */
  readonly timesOf: (works: readonly GrowthWork[]) => Promise<readonly number[]>;
}

interface GrowingCurve {
  readonly arm: string;
  readonly at: (x: number) => GrowthWork;
  readonly points: GrowthPoint[];
  ended: GrowthEnd | null;
}

/** One curve for each arm, in order. */
export async function measureAxis(
  { axis, network, values, arms, label = (x) => x }: Axis,
  meter: Meter,
  onProgress: (message: string) => void,
): Promise<GrowthCurve[]> {
  const curves = Array.from(arms, ([arm, at]): GrowingCurve => ({
    arm,
    at,
    points: [],
    ended: null,
  }));
  for (const value of values) {
    const x = label(value);
    onProgress(`${axis}: ${x}`);
    const going = curves.filter(({ ended }) => ended === null);
    const peaks = await twoAtATime(going, async (curve) => {
      try {
        return [{ curve, peakBytes: await meter.peakOf(curve.at(value)) }];
      } catch (cause) {
        curve.ended = { x, reason: reasonOf(cause) };
        return [];
      }
    });
    const measured = peaks.flat();
    if (measured.length === 0) break;
    try {
      const times = await meter.timesOf(measured.map(({ curve }) => curve.at(value)));
      for (const [index, { curve, peakBytes }] of measured.entries()) {
        curve.points.push({ x, peakBytes, msPerStep: times[index]! });
      }
    } catch (cause) {
      for (const { curve } of measured) curve.ended = { x, reason: reasonOf(cause) };
    }
  }
  return curves.map(({ arm, points, ended }) => ({ axis, network, arm, points, ended }));
}

/** The line that names the error, of all that a process wrote; without one the first. */
function reasonOf(cause: unknown): string {
  const lines = (cause instanceof Error ? cause.message : String(cause)).split('\n');
  return lines.find((line) => /^\s*\w*Error\b/i.test(line))?.trim() ?? lines[0]!;
}
