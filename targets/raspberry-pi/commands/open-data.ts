// What learn and predict have in common: a package with its state, and a user's samples for it.
import { InputError } from '#runtime';
import type { Learner } from '#runtime';

import { labelIndices } from '../data/label-indices.ts';
import { readSamples } from '../data/read-samples.ts';
import type { Samples } from '../data/samples.ts';
import { selectUser } from '../data/select-samples.ts';
import { sampleForm } from './sample-form.ts';

export interface DataOptions {
  readonly user?: string;
  readonly sampleRate?: number;
}

/** Samples with class indices, as many as labels, -1 for none; null where the data names no labels. */
export interface OwnSamples {
  readonly samples: Samples;
  readonly classes: readonly number[] | null;
}

/** Reads `path` as samples for this learner. Throws InputError naming file, sample and label. */
export async function openData(
  path: string,
  { content, labels }: Pick<Learner, 'content' | 'labels'>,
  { user, sampleRate }: DataOptions,
): Promise<OwnSamples> {
  const all = await readSamples(path, sampleForm(content, sampleRate ?? null));
  const samples = user === undefined ? all : selectUser(all, user, path);
  const each = Math.max(1, Math.round((samples.y?.length ?? 0) / (samples.shape[0] ?? 1)));
  return { samples, classes: samples.y ? labelIndices(samples.y, labels, path, each) : null };
}

/** The class indices; InputError where the data has none. */
export function requireClasses({ classes }: OwnSamples, path: string): readonly number[] {
  if (classes) return classes;
  throw new InputError(
    `${path}: expected labelled samples, got none; add y to the .npz, a label column to the CSV, or a folder per class`,
  );
}
