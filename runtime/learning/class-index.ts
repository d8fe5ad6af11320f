// Labels of samples as callers give them -> class indices.
import { InputError } from '../errors.ts';
import { checkLabels } from './examples.ts';

/** A class index, a label by name; null at a step that is not judged. */
export type Label = number | string | null;

/** Labels of samples one after another, or one array each. */
export type Labels = ArrayLike<Label> | readonly ArrayLike<Label>[];

export interface LabelForm {
  /** Of all classes. */
  readonly names: readonly string[];
  /** Positions of the logits of a whole sample. */
  readonly positions: number;
  /** Steps of the model's input. */
  readonly steps: number;
}

/** Positions that a sample has in the logits, if `padding` of its input's steps are missing; they are the last ones. */
export function positionsOf({ positions, steps }: Omit<LabelForm, 'names'>, padding = 0): number {
  return Math.ceil(((steps - padding) * positions) / steps);
}

/** Of samples that have one label each. Throws InputError naming the label that is no class. */
export function classesOf(
  labels: ArrayLike<Label>,
  count: number,
  names: readonly string[],
): number[] {
  const classes = Array.from(labels, (label, i) => classIndex(label, i, names));
  checkLabels(classes, count, names.length);
  return classes;
}

export function classIndex(label: Label, index: number, names: readonly string[]): number {
  if (typeof label === 'number') return label;
  const found = names.indexOf(label ?? '');
  if (found >= 0) return found;
  throw new InputError(
    `labels[${index}]: expected one of ${names.slice(0, 20).join(', ')}, got ${JSON.stringify(label)}`,
  );
}
