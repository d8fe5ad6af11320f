// Examples of earlier lessons, kept to be learned again and to judge later lessons by: of each class a
// uniform sample, those with the smallest pseudo-random keys, and of all classes as many as there is
// room for (reservoir sampling without a reservoir: the keys alone decide, whatever the order).
import { byLabel, joinExamples, keysOf, pickExamples } from './examples.ts';
import type { SplitExamples } from './examples.ts';

export interface Room {
  /** Of a sample, in bytes. */
  readonly size: number;
  /** For all samples. */
  readonly bytes: number;
  readonly seed: number;
}

/** Of four places of a class, one is for an example to judge by. */
const learnedPlaces = 3;

/** `old` without what is among `fresh`: the lesson at hand decides about it anew. */
export function withoutThese(
  old: SplitExamples,
  fresh: SplitExamples,
  size: number,
): SplitExamples {
  const known = new Set(keysOf(fresh, size, 0));
  const keys = keysOf(old, size, 0);
  return pickExamples(
    old,
    size,
    keys.flatMap((key, i) => (known.has(key) ? [] : [i])),
  );
}

/** Of both what fits, of each class the same number where there are so many; the first of each class first. */
export function remember(
  old: SplitExamples,
  fresh: SplitExamples,
  { size, bytes, seed }: Room,
): SplitExamples {
  const all = joinExamples(withoutThese(old, fresh, size), fresh);
  const keys = keysOf(all, size, seed);
  // Sequences with labels of their steps are of one kind; further labels take two bytes each.
  const positions = all.held.length > 0 ? all.labels.length / all.held.length : 1;
  const places = all.held.map((held, i) => (positions === 1 ? 2 * all.labels[i]! : 0) + held);
  const ranked = Array.from(byLabel(places, keys)).flatMap(([place, indices]) =>
    indices
      .filter((index, i) => keys[index] !== keys[indices[i - 1]!]) // given twice
      .map((index, i) => ({ index, rank: i * (place % 2 === 1 ? learnedPlaces : 1) })),
  );
  const order = ranked.toSorted((a, b) => a.rank - b.rank || keys[a.index]! - keys[b.index]!);
  const room = Math.floor(bytes / (size + 2 * (positions - 1)));
  return pickExamples(
    all,
    size,
    order.slice(0, room).map(({ index }) => index),
  );
}

/** Without the examples of class `row`; classes after it are one less. */
export function withoutClass(old: SplitExamples, row: number, size: number): SplitExamples {
  const others = old.labels.flatMap((label, i) => (label === row ? [] : [i]));
  const rest = pickExamples(old, size, others);
  return { ...rest, labels: rest.labels.map((label) => (label > row ? label - 1 : label)) };
}
