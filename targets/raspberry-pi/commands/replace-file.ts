import { rename, writeFile } from 'node:fs/promises';

import { InputError } from '#runtime';

/** Writes the file whole or not at all. */
export async function replaceFile(path: string, bytes: Uint8Array): Promise<void> {
  const draft = `${path}.${process.pid}.part`;
  try {
    await writeFile(draft, bytes);
    await rename(draft, path);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new InputError(`${path}: expected a file that can be written, got ${reason}`, { cause });
  }
}
