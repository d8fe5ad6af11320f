// A trained model is sure of most samples, so nearly all of the error's energy lies in few observations,
// and the rest cost time without changing a fit. Choosing by the errors alone, never by the
// gradients they are to predict, leaves a least-squares fit unbiased.
import type { Evidence } from './evidence.ts';

/** Share of the errors' energy to keep. */
const energyShare = 0.999;

/** The observations with the largest errors: those with 99.9 % of the energy, but at most `limit`. In their order. */
export function strongestObservations(evidence: Evidence, limit: number): Evidence {
  const { form, rows, paddedLength, errors, gates, gradients, energies } = evidence;
  const width = form.groups * paddedLength;
  const kept = chooseStrongest(squaredNorms(errors, width), limit);
  const pick = (all: Float32Array, length: number): Float32Array => {
    const picked = new Float32Array(kept.length * length);
    for (const [to, from] of kept.entries()) {
      picked.set(all.subarray(from * length, (from + 1) * length), to * length);
    }
    return picked;
  };
  return {
    ...evidence,
    observations: kept.length,
    errors: pick(errors, width),
    gates: pick(gates, rows),
    gradients: pick(gradients, rows),
    energies: pick(energies, 1),
  };
}

function chooseStrongest(strengths: Float64Array, limit: number): number[] {
  const order = Array.from(strengths, (_, i) => i).toSorted(
    (i, j) => strengths[j]! - strengths[i]!,
  );
  const goal = energyShare * strengths.reduce((sum, strength) => sum + strength, 0);
  let energy = 0;
  let count = 0;
  while (count < Math.min(limit, order.length) && energy < goal)
    energy += strengths[order[count++]!]!;
  return order.slice(0, count).toSorted((i, j) => i - j);
}

function squaredNorms(errors: Float32Array, width: number): Float64Array {
  return new Float64Array(errors.length / width).map((_, i) =>
    errors.subarray(i * width, (i + 1) * width).reduce((sum, error) => sum + error * error, 0),
  );
}
