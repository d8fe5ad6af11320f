// Calibration samples that a package brings along, so that a device has old examples to rehearse and to
// judge by from its first lesson on.
import { InputError, quantizeSamples, sizeOf } from '#runtime';
import type { PackageExamples } from '#runtime';

import type { PreparedModel } from './prepare.ts';

/**
 * `count` labelled samples as the model reads them, of each class as many as of another, if there are.
 * Throws InputError where the calibration has no labels or fewer samples.
 */
export function packageExamples(
  { model, samples, labels, hasLabels }: Omit<PreparedModel, 'float' | 'modules'>,
  count: number,
): PackageExamples {
  if (count === 0) return { samples: new Uint8Array(0), labels: [] };
  if (!hasLabels || count > labels.length) {
    throw new InputError(
      `examples: expected at most ${hasLabels ? labels.length : 0}, the labelled calibration samples, got ${count}`,
    );
  }
  const seen = new Map<number, number>();
  const ranks = labels.map((label) => {
    const rank = seen.get(label) ?? 0;
    seen.set(label, rank + 1);
    return rank;
  });
  const chosen = ranks
    .map((_, index) => index)
    .toSorted((a, b) => ranks[a]! - ranks[b]!)
    .slice(0, count);
  const size = sizeOf(model.graph.inputShape);
  const values = new Float32Array(count * size);
  chosen.forEach((index, position) =>
    values.set(samples.subarray(index * size, (index + 1) * size), position * size),
  );
  return {
    samples: quantizeSamples(values, {
      shape: model.graph.inputShape,
      quantization: model.quantization[0]!,
      description: { layout: 'nhwc', mean: [], deviation: [] },
    }),
    labels: chosen.map((index) => labels[index]!),
  };
}
