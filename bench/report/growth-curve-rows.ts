// How cost grows, in one row a curve: the ratio of the largest measured to the smallest, and what the arm needs of full
// float32 backpropagation's there.
import type { GrowthCurve } from '../results.ts';
import type { Row } from './row.ts';

const rival = 'full backprop, float32';

export function growthCurveRows(curves: readonly GrowthCurve[]): Row[] {
  return curves.flatMap((curve) => {
    const { axis, network, arm, points, ended } = curve;
    const [first, last] = [points[0], points.at(-1)];
    const why = ended ? `left out from ${ended.x} on: ${ended.reason}` : null;
    if (first === undefined || last === undefined) {
      return why === null ? [] : [comparison(`${axis}, ${network}: ${arm}`, why)];
    }
    const times = (of: 'peakBytes' | 'msPerStep'): string => (last[of] / first[of]).toFixed(1);
    const measured = [
      `memory x ${times('peakBytes')}, time x ${times('msPerStep')}`,
      ...(againstRival(curve, curves) ?? []),
      ...(why === null ? [] : [why]),
    ];
    const claim = `${axis} ${first.x} to ${last.x}, ${network}: ${arm}`;
    return [comparison(claim, measured.join('; '))];
  });
}

/** At the largest x that both were measured at; null of the rival itself, and where there is none. */
function againstRival(
  { axis, network, arm, points }: GrowthCurve,
  curves: readonly GrowthCurve[],
): string[] | null {
  if (arm === rival) return null;
  const other = curves.find(
    (curve) => curve.arm === rival && curve.axis === axis && curve.network === network,
  );
  const pairs = points.flatMap((own) => {
    const its = other?.points.find(({ x }) => x === own.x);
    return its === undefined ? [] : [{ own, its }];
  });
  const largest = pairs.at(-1);
  if (largest === undefined) return null;
  const { own, its } = largest;
  const [memory, time] = [own.peakBytes / its.peakBytes, own.msPerStep / its.msPerStep];
  return [
    `at ${own.x} ${memory.toPrecision(2)} of float backprop's memory, ${time.toPrecision(2)} of its time`,
  ];
}

function comparison(claim: string, measured: string): Row {
  return { claim, measured, promised: '', holds: null };
}
