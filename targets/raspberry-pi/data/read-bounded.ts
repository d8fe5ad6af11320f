import { constants } from 'node:fs';
import { open } from 'node:fs/promises';

import { InputError } from '#runtime';

/** The bytes of a file of at most `limit` bytes; InputError naming the path otherwise. */
export async function readBounded(path: string, limit: number): Promise<Buffer> {
  try {
    // Does not wait for the other end, should this be a pipe.
    await using file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const found = await file.stat();
    if (!found.isFile()) throw new InputError(`${path}: expected a file, got something else`);
    const { size } = found;
    if (size > limit) {
      throw new InputError(`${path}: expected at most ${limit} bytes, got ${size}; split the file`);
    }
    return await file.readFile();
  } catch (cause) {
    if (cause instanceof InputError) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new InputError(`${path}: expected a file that can be read, got ${reason}`, { cause });
  }
}
