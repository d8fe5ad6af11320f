// Labelled samples of one owner, split and ordered reproducibly.
import { InputError } from '../errors.ts';
import { shuffled } from './shuffle.ts';

/** uint8 samples one after another, and one class index each. */
export interface Examples {
  readonly samples: Uint8Array;
  readonly labels: ArrayLike<number>;
}

export interface Split {
  readonly training: readonly number[];
  readonly holdout: readonly number[];
}

/** Throws InputError for a label that is no class, or a number of labels that is not that of the samples. */
export function checkLabels(labels: ArrayLike<number>, count: number, classes: number): void {
  if (labels.length !== count) {
    throw new InputError(`labels: expected one for each of ${count} samples, got ${labels.length}`);
  }
  for (let index = 0; index < count; index++) {
    const label = labels[index]!;
    if (!Number.isInteger(label) || label < 0 || label >= classes) {
      throw new InputError(
        `labels[${index}]: expected a class from 0 to ${classes - 1}, got ${label}`,
      );
    }
  }
}

/**
 * Holds out `fraction` of each class, at least one example of a class that has four or more; which
 * ones is fixed by `seed`. Indices keep the examples' order.
 */
export function splitExamples(labels: ArrayLike<number>, fraction: number, seed: number): Split {
  const byClass = new Map<number, number[]>();
  for (let index = 0; index < labels.length; index++) {
    const label = labels[index]!;
    const indices = byClass.get(label);
    if (indices) indices.push(index);
    else byClass.set(label, [index]);
  }
  const holdout: number[] = [];
  for (const [label, indices] of byClass) {
    const count = Math.max(indices.length >= 4 ? 1 : 0, Math.round(indices.length * fraction));
    if (fraction > 0) holdout.push(...shuffled(indices, seed + label).slice(0, count));
  }
  const held = new Set(holdout);
  const training = Array.from(labels, (_, index) => index).filter((index) => !held.has(index));
  return { training, holdout: holdout.toSorted((a, b) => a - b) };
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

/** float32 [n, classes] with a one at each label. */
export function oneHot(
  labels: ArrayLike<number>,
  indices: readonly number[],
  classes: number,
): Float32Array<ArrayBuffer> {
  const targets = new Float32Array(indices.length * classes);
  indices.forEach((index, position) => (targets[position * classes + labels[index]!] = 1));
  return targets;
}
