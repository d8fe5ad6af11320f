// Which range each value of a float model takes, over calibration samples.
import { InputError, sizeOf } from '#runtime';

import type { FloatArray } from '../float/array.ts';
import type { BatchOptions } from '../float/batches.ts';
import { batchesOf } from '../float/batches.ts';
import type { FloatModel } from '../float/model.ts';
import { batchOf } from '../float/model.ts';
import { runFloat } from '../float/run.ts';
import type { Histogram } from './histogram.ts';
import { histogram } from './histogram.ts';
import type { Range } from './range.ts';

/**
 * - `minMax`: everything seen.
 * - `percentile`: the middle `percent` of the numbers on each side, times `headroom`. The default is
 *   99.95 % times 1.1: outliers cost resolution, and the owner's data will differ from these samples.
 */
export type Observer =
  | { readonly kind: 'minMax' }
  | { readonly kind: 'percentile'; readonly percent: number; readonly headroom: number };

export interface ObserveOptions extends BatchOptions {
  readonly observer?: Observer;
}

const defaultObserver: Observer = { kind: 'percentile', percent: 99.95, headroom: 1.1 };

/**
 * By ValueId. `samples` are [n, height, width, channels] as the model takes them. The input's range is
 * always everything seen, so that pixels 0..255 keep a scale of exactly 1.
 */
export function observeRanges(
  model: FloatModel,
  samples: FloatArray,
  { observer = defaultObserver, ...batching }: ObserveOptions = {},
): Range[] {
  const { inputShape, nodes } = model.graph;
  batchOf(samples, inputShape);
  const histograms = Array.from({ length: nodes.length + 1 }, histogram);
  for (const { input } of batchesOf(samples, sizeOf(inputShape), batching)) {
    runFloat(model, input, {
      keep: () => false,
      onValue: (value, data) => {
        try {
          histograms[value]!.add(data);
        } catch (cause) {
          const name = value === 0 ? 'input' : nodes[value - 1]!.name;
          throw new InputError(`${name}: ${(cause as Error).message}`, { cause });
        }
      },
    });
  }
  return histograms.map((seen, value) =>
    value === 0 ? seen.range() : observedRange(seen, observer),
  );
}

function observedRange(seen: Histogram, observer: Observer): Range {
  if (observer.kind === 'minMax') return seen.range();
  const outside = 1 - observer.percent / 100;
  return {
    minimum: seen.quantile(outside) * observer.headroom,
    maximum: seen.quantile(1 - outside) * observer.headroom,
  };
}
