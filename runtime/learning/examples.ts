// Labelled samples of one owner, split into those to learn and those to judge by.
import type { Sequence } from '../engine.ts';
import { InputError } from '../errors.ts';
import { crc32 } from '../state/crc32.ts';

/** uint8 samples one after another, and class indices: one each, or one for each position of the model's logits. */
export interface Examples {
  readonly samples: Uint8Array;
  /** -1 at a position that is not judged. */
  readonly labels: ArrayLike<number>;
  /** Steps before the first of each sample, of samples shorter than the model's sequence; absent where all are whole. */
  readonly padding?: readonly number[] | undefined;
}

/** What a model reads of one sample. */
export interface SampleSize {
  /** uint8 values. */
  readonly size: number;
  /** Steps of its sequence; counts for models with recurrent layers only. */
  readonly steps: number;
}

export interface SplitExamples extends Examples {
  readonly labels: readonly number[];
  /** 1 where an example is never learned, only judged by; else 0. */
  readonly held: readonly number[];
}

export const noExamples: SplitExamples = { samples: new Uint8Array(0), labels: [], held: [] };

/** Throws InputError for a label that is no class, or a number of labels that is not that of the samples. Counts labels from `first`. */
export function checkLabels(
  labels: ArrayLike<number>,
  count: number,
  classes: number,
  first = 0,
): void {
  if (labels.length !== count) {
    throw new InputError(`labels: expected one for each of ${count} samples, got ${labels.length}`);
  }
  for (let index = 0; index < count; index++) {
    const label = labels[index]!;
    if (!Number.isInteger(label) || label < 0 || label >= classes) {
      throw new InputError(
        `labels[${first + index}]: expected a class from 0 to ${classes - 1}, got ${label}`,
      );
    }
  }
}

/**
 * Holds out `fraction` of each class, at least one example of a class that has four or more: those with
 * the smallest keys, so that what is held out of some examples mostly is so of more.
 */
export function splitExamples(
  { samples, labels, padding }: Examples,
  {
    size,
    fraction,
    seed,
  }: { readonly size: number; readonly fraction: number; readonly seed: number },
): SplitExamples {
  const keys = keysOf({ samples }, size, seed);
  const held = keys.map(() => 0);
  // Sequences with labels of their steps are of one kind.
  const kinds = labels.length === keys.length ? labels : held;
  for (const indices of byLabel(kinds, keys).values()) {
    const least = indices.length >= 4 && fraction > 0 ? 1 : 0;
    const count = Math.max(least, Math.round(indices.length * fraction));
    for (const index of indices.slice(0, count)) held[index] = 1;
  }
  return { samples, labels: Array.from(labels), held, ...(padding && { padding }) };
}

/** Indices of each class, by ascending key. */
export function byLabel(labels: ArrayLike<number>, keys: readonly number[]): Map<number, number[]> {
  const indices = new Map<number, number[]>();
  for (const index of keys.map((_, i) => i).toSorted((a, b) => keys[a]! - keys[b]!)) {
    const own = indices.get(labels[index]!);
    if (own) own.push(index);
    else indices.set(labels[index]!, [index]);
  }
  return indices;
}

/** A pseudo-random uint32 of each sample of `size` bytes, by its content: the same in every lesson. */
export function keysOf(
  { samples }: Pick<Examples, 'samples'>,
  size: number,
  seed: number,
): number[] {
  return Array.from(
    { length: samples.length / size },
    (_, i) =>
      Math.imul(crc32(samples.subarray(i * size, (i + 1) * size)) ^ seed, 0x9e37_79b1) >>> 0,
  );
}

/** The examples at `indices`, copied, in that order. */
export function pickExamples(
  examples: SplitExamples,
  size: number,
  indices: readonly number[],
): SplitExamples {
  const { samples, held, padding } = examples;
  return {
    samples: selectSamples(samples, size, indices),
    labels: labelsAt(examples, size, indices),
    held: indices.map((i) => held[i]!),
    ...(padding && { padding: indices.map((i) => padding[i]!) }),
  };
}

/** The labels of the samples at `indices`, all of each, in that order. */
export function labelsAt(
  { samples, labels }: Examples,
  size: number,
  indices: readonly number[],
): number[] {
  const positions = (labels.length * size) / samples.length;
  return indices.flatMap((i) =>
    Array.from({ length: positions }, (_, p) => labels[i * positions + p]!),
  );
}

/** How the samples at `indices` start, for an engine; undefined where they are whole. */
export function sequenceOf(
  { padding }: Pick<Examples, 'padding'>,
  steps: number,
  indices: readonly number[],
): Sequence | undefined {
  if (!indices.some((i) => padding?.[i])) return undefined;
  return { lengths: Int32Array.from(indices, (i) => steps - padding![i]!) };
}

/** `b` after `a`. */
export function joinExamples(a: SplitExamples, b: SplitExamples): SplitExamples {
  const samples = new Uint8Array(a.samples.length + b.samples.length);
  samples.set(a.samples);
  samples.set(b.samples, a.samples.length);
  const held = [...a.held, ...b.held];
  const padding = [a, b].flatMap((each) => each.padding ?? each.held.map(() => 0));
  const isPadded = a.padding ?? b.padding;
  return { samples, labels: [...a.labels, ...b.labels], held, ...(isPadded && { padding }) };
}

/** The samples at `indices`, copied one after another. */
export function selectSamples(
  samples: Uint8Array,
  size: number,
  indices: readonly number[],
): Uint8Array<ArrayBuffer> {
  const selected = new Uint8Array(indices.length * size);
  indices.forEach((index, position) =>
    selected.set(samples.subarray(index * size, (index + 1) * size), position * size),
  );
  return selected;
}

/** float32 [n, classes] with a one at each label, none where it is -1. */
export function oneHot(
  labels: ArrayLike<number>,
  indices: readonly number[],
  classes: number,
): Float32Array<ArrayBuffer> {
  const targets = new Float32Array(indices.length * classes);
  indices.forEach((index, position) => {
    const label = labels[index]!;
    if (label >= 0) targets[position * classes + label] = 1;
  });
  return targets;
}
