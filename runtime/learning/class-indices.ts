// Labels of the steps of sequences, as callers give them -> class indices, one for each position of a model's logits.
import { InputError } from '../errors.ts';
import { classesOf, classIndex, positionsOf } from './class-index.ts';
import type { Label, LabelForm, Labels } from './class-index.ts';
import { checkLabels } from './examples.ts';

/**
 * Class indices of `count` samples, as many each as the logits have positions; -1 where a position is not
 * judged or comes before the sample's first. Throws InputError naming the label that is no class, or the
 * sample whose labels are too few or too many.
 */
export function classIndices(
  labels: Labels,
  count: number,
  form: LabelForm,
  padding: readonly number[] = [],
): number[] {
  const { names, positions } = form;
  if (positions === 1) return classesOf(labels as ArrayLike<Label>, count, names);
  const own = Array.from({ length: count }, (_, i) => positionsOf(form, padding[i]));
  const all = Array.from<Label | ArrayLike<Label>>(labels as ArrayLike<Label>);
  const flat = flattened(all, own).map((label, index) => {
    const found = classIndex(label ?? -1, index, names);
    if (found !== -1) checkLabels([found], 1, names.length, index);
    return found;
  });
  const padded = new Int32Array(count * positions).fill(-1);
  let next = 0;
  for (const [sample, length] of own.entries()) {
    padded.set(flat.slice(next, next + length), (sample + 1) * positions - length);
    next += length;
  }
  return Array.from(padded);
}

function flattened(labels: readonly (Label | ArrayLike<Label>)[], own: readonly number[]): Label[] {
  const isNested = labels.some((each) => typeof each === 'object' && each !== null);
  const total = own.reduce((sum, length) => sum + length, 0);
  if (isNested)
    requireCount('labels', `one array for each of ${own.length} samples`, labels, own.length);
  const flat = labels.flatMap((each, i) => {
    if (!isNested) return [each as Label];
    const steps = Array.from((each ?? []) as ArrayLike<Label>);
    requireCount(`labels[${i}]`, `${own[i]!}, one for each step`, steps, own[i]!);
    return steps;
  });
  requireCount('labels', `${total}, one for each step of ${own.length} samples`, flat, total);
  return flat;
}

function requireCount(
  where: string,
  expected: string,
  { length }: ArrayLike<unknown>,
  count: number,
): void {
  if (length === count) return;
  throw new InputError(`${where}: expected ${expected}, got ${length}`);
}
