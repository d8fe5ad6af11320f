// Calibration goes through its samples in small batches, so that memory does not grow with them.
import type { FloatArray } from './array.ts';

export interface Progress {
  readonly done: number;
  readonly total: number;
}

export interface BatchOptions {
  /** Samples at a time; 16 by default. */
  readonly batchSize?: number;
  /** Called after each batch; counts samples. */
  readonly onProgress?: (progress: Progress) => void;
}

export interface Batch {
  readonly first: number;
  readonly batch: number;
  /** A view of the samples, not a copy. */
  readonly input: FloatArray;
}

/** Consecutive batches of samples of `sampleSize` numbers; the last may be smaller. */
export function* batchesOf(
  samples: FloatArray,
  sampleSize: number,
  { batchSize = 16, onProgress }: BatchOptions = {},
): Generator<Batch> {
  const total = samples.length / sampleSize;
  for (let first = 0; first < total; first += batchSize) {
    const batch = Math.min(batchSize, total - first);
    yield {
      first,
      batch,
      input: samples.subarray(first * sampleSize, (first + batch) * sampleSize),
    };
    onProgress?.({ done: first + batch, total });
  }
}
