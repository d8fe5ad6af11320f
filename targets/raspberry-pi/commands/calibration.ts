import type { Calibration, ImportedModel } from '#exporters';
import { InputError } from '#runtime';
import type { SoundDescription } from '#runtime';

import { labelIndices } from '../data/label-indices.ts';
import { readSamples } from '../data/read-samples.ts';

export interface NamedCalibration {
  readonly calibration: Calibration;
  /** Names of the classes, where the caller or the samples give any. */
  readonly labels?: readonly string[];
}

/**
 * Samples for an export, as the model takes them before mean and deviation. Where `labels` is absent
 * and the samples are labelled by name, the names in order are the classes.
 */
export async function readCalibration(
  path: string,
  { graph, inputLayout }: Pick<ImportedModel, 'graph' | 'inputLayout'>,
  labels: readonly string[] | undefined,
  sound: SoundDescription | null,
): Promise<NamedCalibration> {
  const form = {
    shape: graph.inputShape,
    layout: inputLayout,
    largest: 255,
    sampleRate: null,
    sound,
  };
  const { x, y, shape, lengths } = await readSamples(path, form);
  if (lengths) {
    throw new InputError(`${path}: expected whole sequences, got lengths; calibrate on whole ones`);
  }
  const names = labels ?? (y && classNames(y));
  return {
    calibration: {
      x,
      ...(y && {
        y: names ? labelIndices(y, names, path, y.length / (shape[0] ?? 1)) : y.map(Number),
      }),
    },
    ...(names && { labels: names }),
  };
}

/** Null where all labels are indices already. */
function classNames(y: readonly (number | string)[]): string[] | undefined {
  const names = [...new Set(y.map(String))].toSorted();
  return names.every((name) => /^\d+$/.test(name)) ? undefined : names;
}
