// Labelled samples as the engines read them, and how they are divided.
import { shuffled } from '#runtime';

export interface Examples {
  /** uint8, one sample after another. */
  readonly samples: Uint8Array;
  /** Class indices. */
  readonly labels: readonly number[];
}

/** The examples at `indices`, copied, in that order; `size` is the values of one. */
export function pick(
  { samples, labels }: Examples,
  size: number,
  indices: readonly number[],
): Examples {
  const picked = new Uint8Array(indices.length * size);
  indices.forEach((index, position) =>
    picked.set(samples.subarray(index * size, (index + 1) * size), position * size),
  );
  return { samples: picked, labels: indices.map((index) => labels[index] ?? 0) };
}

/**
 * Sets apart `fraction` of each class, at least one sample and never all, in an order that is drawn once;
 * of a class of one sample none. Both parts are in drawn order, classes mixed.
 */
export function split(
  examples: Examples,
  size: number,
  fraction: number,
): { readonly rest: Examples; readonly apart: Examples } {
  const order = shuffled(
    examples.labels.map((_, index) => index),
    1,
  );
  const counts = new Map<number, number>();
  for (const label of examples.labels) counts.set(label, (counts.get(label) ?? 0) + 1);
  const taken = new Map<number, number>();
  const apart = new Set<number>();
  for (const index of order) {
    const label = examples.labels[index] ?? 0;
    const [count, so] = [counts.get(label) ?? 0, taken.get(label) ?? 0];
    if (so >= Math.min(count - 1, Math.max(1, Math.round(count * fraction)))) continue;
    taken.set(label, so + 1);
    apart.add(index);
  }
  return {
    rest: pick(
      examples,
      size,
      order.filter((index) => !apart.has(index)),
    ),
    apart: pick(
      examples,
      size,
      order.filter((index) => apart.has(index)),
    ),
  };
}
