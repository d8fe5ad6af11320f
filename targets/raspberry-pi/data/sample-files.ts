// A folder of files: one subfolder per class, named as its label, or no subfolders and no labels.
import { readdir, stat } from 'node:fs/promises';
import { extname, join } from 'node:path';

import { InputError } from '#runtime';

const mostFiles = 200_000;

export interface SampleFile {
  readonly path: string;
  readonly label: string | null;
}

/** Files that end in one of `extensions` (lower case, with the dot), by class and name. */
export async function listSampleFiles(
  folder: string,
  extensions: readonly string[],
): Promise<SampleFile[]> {
  const files: SampleFile[] = [];
  const entries = await sortedEntries(folder);
  for (const entry of entries) {
    const path = join(folder, entry);
    if (await isDirectory(path)) {
      const names = (await sortedEntries(path)).filter((name) => hasExtension(name, extensions));
      files.push(...names.map((name) => ({ path: join(path, name), label: entry })));
    } else if (hasExtension(entry, extensions)) {
      files.push({ path, label: null });
    }
    if (files.length > mostFiles) {
      throw new InputError(`${folder}: expected at most ${mostFiles} files; split the folder`);
    }
  }
  const loose = files.find(({ label }) => label === null);
  if (loose && files.some(({ label }) => label !== null)) {
    throw new InputError(
      `${folder}: expected each file in a folder named as its label, got ${loose.path} beside such folders; move it`,
    );
  }
  return files;
}

// Follows links; a broken one is no folder, and reading it as a file says what is wrong.
async function isDirectory(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

async function sortedEntries(folder: string): Promise<string[]> {
  const names = await readdir(folder);
  return names.filter((name) => !name.startsWith('.')).toSorted();
}

function hasExtension(name: string, extensions: readonly string[]): boolean {
  return extensions.includes(extname(name).toLowerCase());
}
