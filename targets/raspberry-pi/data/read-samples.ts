// Reads what a user has: .npz, a CSV table, a folder with a subfolder per class, or one image or sound.
import { stat } from 'node:fs/promises';
import { basename, extname, relative } from 'node:path';

import { InputError } from '#runtime';

import { checkSamples } from './check-samples.ts';
import { imageSample } from './image-sample.ts';
import { readBounded } from './read-bounded.ts';
import { readCsvTable } from './read-csv-table.ts';
import { readNpz } from './read-npz.ts';
import { listSampleFiles } from './sample-files.ts';
import type { SampleFile } from './sample-files.ts';
import { mostValues, storedShape } from './samples.ts';
import type { SampleForm, Samples } from './samples.ts';
import { seriesSample } from './series-sample.ts';
import { soundSample } from './sound-sample.ts';

type ReadSample = (bytes: Buffer, form: SampleForm, where: string) => Float32Array;

const readers: ReadonlyMap<string, ReadSample> = new Map([
  ['.png', imageSample],
  ['.jpg', imageSample],
  ['.jpeg', imageSample],
  ['.wav', soundSample],
  ['.csv', seriesSample],
]);

const mostFileBytes = 64 * 2 ** 20;

/**
 * Samples of the form a package expects. Throws InputError or FormatError naming the file, and the
 * entry or line in it, for anything else.
 */
export async function readSamples(path: string, form: SampleForm): Promise<Samples> {
  const samples = await readAny(path, form);
  checkSamples(path, samples, form);
  return samples;
}

async function readAny(path: string, form: SampleForm): Promise<Samples> {
  const found = await stat(path).catch((cause: unknown) => {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new InputError(`${path}: expected a file or folder, got ${reason}`, { cause });
  });
  const extension = extname(path).toLowerCase();
  if (found.isDirectory()) {
    return readFiles(path, await listSampleFiles(path, [...readers.keys()]), form);
  }
  if (extension === '.npz') return readNpz(path);
  if (extension === '.csv') return readCsvTable(path);
  if (readers.has(extension)) return readFiles(path, [{ path, label: null }], form);
  throw new InputError(
    `${path}: expected .npz, .csv, .png, .jpg, .wav or a folder, got '${extension || basename(path)}'; see docs/data.md`,
  );
}

async function readFiles(
  folder: string,
  files: readonly SampleFile[],
  form: SampleForm,
): Promise<Samples> {
  const readSample = commonReader(folder, files);
  const expected = storedShape(form);
  const size = expected.reduce((product, dimension) => product * dimension, 1);
  if (files.length * size > mostValues) {
    throw new InputError(
      `${folder}: expected at most ${Math.floor(mostValues / size)} samples, got ${files.length}; split the folder`,
    );
  }
  const x = new Float32Array(files.length * size);
  for (const [index, { path }] of files.entries()) {
    x.set(readSample(await readBounded(path, mostFileBytes), form, path), index * size);
  }
  return {
    x,
    shape: [files.length, ...expected],
    names: files.map(({ path }) => relative(folder, path) || path),
    ...(files.some(({ label }) => label !== null) && { y: files.map(({ label }) => label ?? '') }),
  };
}

/** The reader of all files; refuses none and several. */
function commonReader(folder: string, files: readonly SampleFile[]): ReadSample {
  const kinds = new Set(files.map(({ path }) => readers.get(extname(path).toLowerCase())));
  const [reader] = kinds;
  if (reader && kinds.size === 1) return reader;
  throw new InputError(
    `${folder}: expected files of one kind (${[...readers.keys()].join(', ')}), got ${kinds.size === 0 ? 'none' : 'several'}; see docs/data.md`,
  );
}
