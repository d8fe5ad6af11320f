// Quantiles of a stream in bounded memory: 4096 bins over [-reach, reach), where reach is a power of two
// that doubles, merging bins in pairs, whenever a number does not fit. A quantile is then known to
// within reach / 2048, which is at most a thousandth of the largest number seen.
import type { Range } from './range.ts';

const bins = 4096;

export interface Histogram {
  add(numbers: ArrayLike<number>): void;
  /** Exact. 0..0 of nothing. */
  range(): Range;
  /** The number below which `fraction` of all numbers lie. */
  quantile(fraction: number): number;
}

export function histogram(): Histogram {
  let counts = new Float64Array(bins);
  let reach = 2 ** -40;
  let minimum = Infinity;
  let maximum = -Infinity;
  let total = 0;

  const reachFor = (largest: number): void => {
    while (reach <= largest) {
      const merged = new Float64Array(bins);
      for (let bin = 0; bin < bins; bin++) merged[bins / 4 + (bin >> 1)]! += counts[bin]!;
      counts = merged;
      reach *= 2;
    }
  };

  return {
    add(numbers) {
      for (let i = 0; i < numbers.length; i++) {
        const number = numbers[i]!;
        if (!Number.isFinite(number))
          throw new RangeError(`expected finite numbers, got ${number}`);
        if (number < minimum) minimum = number;
        if (number > maximum) maximum = number;
      }
      if (numbers.length === 0) return;
      reachFor(Math.max(-minimum, maximum));
      const binsPerUnit = bins / 2 / reach;
      for (let i = 0; i < numbers.length; i++) {
        counts[Math.floor(numbers[i]! * binsPerUnit + bins / 2)]! += 1;
      }
      total += numbers.length;
    },
    range: () => (total === 0 ? { minimum: 0, maximum: 0 } : { minimum, maximum }),
    quantile(fraction) {
      if (total === 0) return 0;
      const wanted = fraction * total;
      let below = 0;
      let bin = 0;
      while (bin < bins - 1 && below + counts[bin]! < wanted) below += counts[bin++]!;
      const within = counts[bin] === 0 ? 0 : (wanted - below) / counts[bin]!;
      const number = ((bin + within) / (bins / 2) - 1) * reach;
      return Math.min(maximum, Math.max(minimum, number));
    },
  };
}
