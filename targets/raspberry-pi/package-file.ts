import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';

import { decodePackage, InputError } from '#runtime';
import type { PackageContent } from '#runtime';

/** SHA-256, as the package format wants it. */
export async function sha256(bytes: Uint8Array): Promise<Uint8Array> {
  return new Uint8Array(createHash('sha256').update(bytes).digest());
}

/** Throws FormatError for anything that is not a whole, undamaged package. */
export function decode(bytes: Uint8Array): Promise<PackageContent> {
  return decodePackage(bytes, sha256);
}

/** The bytes of a file; InputError naming the path where it cannot be read. */
export async function readBytes(path: string): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return new Uint8Array(await readFile(path));
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new InputError(`${path}: expected a file that can be read, got ${reason}`, { cause });
  }
}
