// A state as files in a folder of its own. Appends and replacements are on the disk when they resolve:
// the file is synced, and the folder too where a name in it changed.
import { mkdir, open, readdir, readFile, rename, rm, truncate } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';

import { StateError } from '#runtime';
import type { Storage } from '#runtime';

import { isClaim, lockFolder } from './process-lock.ts';

const newEnding = '.new'; // what a replacement is written to before it gets its name

/**
 * Keeps a state in `folder`, made with mode 0700 when it is locked if there is none. Errors are
 * StateErrors that name the file and what to do.
 */
export function openFileStorage(folder: string): Storage {
  const root = resolve(folder);
  return {
    read: (name) => explained(pathOf(root, name), readWhole),
    append: (name, bytes) => explained(pathOf(root, name), (path) => appendTo(path, bytes)),
    replace: (name, bytes) => explained(pathOf(root, name), (path) => replaceWith(path, bytes)),
    remove: (name) => explained(pathOf(root, name), (path) => rm(path, { force: true })),
    list: () => explained(root, listFiles),
    lock: () =>
      explained(root, async (path) => {
        await makeFolder(path);
        return lockFolder(path);
      }),
  };
}

// A copy that is not part of Node's pool, which the caller may keep and change.
async function readWhole(path: string): Promise<Uint8Array | null> {
  try {
    return new Uint8Array(await readFile(path));
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return null;
    throw error;
  }
}

async function appendTo(path: string, bytes: Uint8Array): Promise<void> {
  const file = await open(path, 'a', 0o600);
  const { size } = await file.stat();
  try {
    await writeAll(file, bytes);
  } catch (error) {
    await truncate(path, size).catch(() => {}); // as tidy as it can be; the first error is what counts
    throw error;
  } finally {
    await file.close();
  }
  if (size === 0) await syncFolder(dirname(path));
}

async function replaceWith(path: string, bytes: Uint8Array): Promise<void> {
  const fresh = path + newEnding;
  try {
    const file = await open(fresh, 'w', 0o600);
    try {
      await writeAll(file, bytes);
    } finally {
      await file.close();
    }
    await rename(fresh, path);
  } catch (error) {
    await rm(fresh, { force: true }).catch(() => {}); // gives its room back; the first error is what counts
    throw error;
  }
  await syncFolder(dirname(path));
}

async function writeAll(file: FileHandle, bytes: Uint8Array): Promise<void> {
  await file.writeFile(bytes);
  await file.sync();
}

async function listFiles(folder: string): Promise<string[]> {
  try {
    const names = await readdir(folder);
    return names.filter((name) => !name.endsWith(newEnding) && !isClaim(name));
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return [];
    throw error;
  }
}

async function makeFolder(folder: string): Promise<void> {
  const first = await mkdir(folder, { recursive: true, mode: 0o700 });
  if (first === undefined) return;
  for (let made = folder; made.length >= first.length; made = dirname(made)) {
    await syncFolder(dirname(made));
  }
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function pathOf(root: string, name: string): string {
  if (!/^[a-z0-9-]{1,64}$/.test(name) || isClaim(name)) {
    throw new RangeError(`storage: expected a name of letters, digits and dashes, got ${name}`);
  }
  return join(root, name);
}

async function explained<Result>(
  path: string,
  work: (path: string) => Promise<Result>,
): Promise<Result> {
  try {
    return await work(path);
  } catch (cause) {
    if (cause instanceof StateError) throw cause;
    throw new StateError(`state: ${path}: expected to read and write it, got ${reasonOf(cause)}`, {
      cause,
    });
  }
}

const reasons: Readonly<Record<string, string>> = {
  ENOSPC: 'no room (ENOSPC); free some space: what was learned before still stands',
  EDQUOT: 'no room (EDQUOT); free some space: what was learned before still stands',
  EFBIG: 'no room (EFBIG); allow larger files: what was learned before still stands',
  EACCES: 'no permission (EACCES); give it to the user who runs onward, or use another folder',
  EPERM: 'no permission (EPERM); give it to the user who runs onward, or use another folder',
  EROFS: 'a read-only file system (EROFS); mount it writable, or use another folder',
  ENOTDIR: 'a file where a folder should be (ENOTDIR); use another folder',
  EEXIST: 'a file where a folder should be (EEXIST); use another folder',
  EIO: 'a failing disk (EIO); copy the folder to another one',
};

function reasonOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return reasons[codeOf(error) ?? ''] ?? `${message}; use another folder if it stays so`;
}

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException | null)?.code;
}
