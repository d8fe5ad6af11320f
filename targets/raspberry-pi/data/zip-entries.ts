// The entries of a zip file that a reader asks for. The archive is taken for hostile: sizes are
// bounded before anything is inflated, and what comes out must have the size and CRC it claims.
import { crc32 } from 'node:zlib';

import { openPromise } from 'yauzl';
import type { Entry, ZipFile } from 'yauzl';

import { FormatError } from '#runtime';

const mostEntries = 1000;
/** Deflate never packs more than this many bytes into one. */
const largestRatio = 1032;

/**
 * The wanted entries that the file has, by name; `wanted` gives the most bytes of each. Throws
 * FormatError naming file and entry.
 */
export async function readZipEntries(
  path: string,
  wanted: ReadonlyMap<string, number>,
): Promise<Map<string, Buffer>> {
  const found = new Map<string, Buffer>();
  const zip = await openZip(path);
  try {
    if (zip.entryCount > mostEntries) {
      throw new FormatError(
        `${path}: expected at most ${mostEntries} entries, got ${zip.entryCount}`,
      );
    }
    for await (const entry of zip.eachEntry()) {
      const { fileName } = entry;
      const most = wanted.get(fileName);
      if (most === undefined || found.has(fileName)) continue;
      found.set(fileName, await readEntry(zip, entry, { most, where: `${path}: ${fileName}` }));
    }
    return found;
  } catch (error) {
    throw asFormatError(path, error);
  } finally {
    zip.close();
  }
}

async function openZip(path: string): Promise<ZipFile> {
  try {
    return await openPromise(path, { lazyEntries: true, autoClose: false });
  } catch (error) {
    throw asFormatError(path, error);
  }
}

async function readEntry(
  zip: ZipFile,
  entry: Entry,
  { most, where }: { readonly most: number; readonly where: string },
): Promise<Buffer> {
  const { uncompressedSize, compressedSize } = entry;
  const limit = Math.min(most, largestRatio * compressedSize);
  if (uncompressedSize > limit) {
    throw new FormatError(
      `${where}: expected at most ${limit} bytes, got a claim of ${uncompressedSize}; split the file`,
    );
  }
  const stream = await zip.openReadStreamPromise(entry); // checks the sizes against the file's
  const bytes = Buffer.alloc(uncompressedSize);
  let length = 0;
  for await (const chunk of stream) {
    length += (chunk as Buffer).copy(bytes, length);
  }
  if (crc32(bytes) !== entry.crc32) {
    throw new FormatError(
      `${where}: expected CRC ${entry.crc32}, got ${crc32(bytes)}; copy it again`,
    );
  }
  return bytes;
}

function asFormatError(path: string, error: unknown): FormatError {
  if (error instanceof FormatError) return error;
  const reason = error instanceof Error ? error.message : String(error);
  return new FormatError(`${path}: expected a whole .npz file, got ${reason}`, { cause: error });
}
