// How cost grows, in one number a curve: the ratio of the largest measured to the smallest.
import type { GrowthCurve } from '../results.ts';
import type { Row } from './row.ts';

export function growthCurveRows(curves: readonly GrowthCurve[]): Row[] {
  return curves.flatMap(({ axis, network, arm, points }) => {
    const first = points[0];
    const last = points.at(-1);
    if (first === undefined || last === undefined) return [];
    const times = (of: 'peakBytes' | 'msPerStep'): string => (last[of] / first[of]).toFixed(1);
    return [
      {
        claim: `${axis} ${first.x} to ${last.x}, ${network}: ${arm}`,
        measured: `memory x ${times('peakBytes')}, time x ${times('msPerStep')}`,
        promised: '',
        holds: null,
      },
    ];
  });
}
