// The bytes of an .onward file around its content; docs/package-format.md has the table.
//
//   magic 8 | version u32 | header length u32 | SHA-256 of the header 32 | header | blobs
//
// The header is [[blob length, blob SHA-256] ..., content]. Header and blobs each start at a multiple
// of 8, with zeros between, and the file ends with its last blob: every byte is checked by something.
import { FormatError } from '../errors.ts';
import { bytes, integer, list, record, refuse, reject } from './check.ts';
import type { Check } from './check.ts';
import { unpack } from './unpack.ts';

/** Digest of `bytes`, 32 bytes: `crypto.subtle.digest('SHA-256', bytes)` or node:crypto. */
export type Sha256 = (bytes: Uint8Array) => Promise<Uint8Array>;

const formatVersion = 1;
// PNG's idea: a byte that is not ASCII and a line feed show a transfer that took it for text.
const magic = Uint8Array.of(0x89, 0x4f, 0x4e, 0x57, 0x41, 0x52, 0x44, 0x0a); // .ONWARD.
const headerStart = 48;
const maximumHeader = 2 ** 24;

interface BlobEntry {
  readonly length: number;
  readonly sha256: Uint8Array;
}

const blobTable: Check<readonly BlobEntry[]> = list(
  record<BlobEntry>({ length: integer(0, 2 ** 31), sha256: bytes(32, 32) }),
  0,
  65_536,
);

/** Throws FormatError, complete with its cure, for bytes that are no package this reader knows. */
export function checkVersion(file: Uint8Array): void {
  if (file.length < headerStart || magic.some((byte, index) => file[index] !== byte)) {
    throw new FormatError(
      `package: expected an .onward file, got ${file.length} bytes of something else; make one with onward export`,
    );
  }
  const version = viewOf(file).getUint32(8, true);
  if (version !== formatVersion) {
    throw new FormatError(
      `package: expected format version ${formatVersion}, got ${version}; update onward here, or export again with the version that runs here`,
    );
  }
}

/**
 * Content and blobs whose digests are right; blobs are views of `file`. `file` has passed
 * checkVersion. Throws FormatError.
 */
export async function readContainer(
  file: Uint8Array,
  sha256: Sha256,
): Promise<{ content: unknown; blobs: Uint8Array[] }> {
  const take = (start: number, length: number, where: string): Uint8Array => {
    if (start + length > file.length) refuse(where, `${length} bytes`, 'the end of the file');
    return file.subarray(start, start + length);
  };
  const length = integer(0, maximumHeader)(viewOf(file).getUint32(12, true), 'header length');
  const header = take(headerStart, length, 'header');
  await checkDigest(header, file.subarray(16, headerStart), { sha256, where: 'header' });
  const parts = unpack(header, 'header');
  if (!Array.isArray(parts) || parts.length !== 2) reject('header', 'blobs and content', parts);
  const [entries, content] = parts as unknown[];
  const blobs: Uint8Array[] = [];
  let end = headerStart + length;
  for (const [index, entry] of blobTable(entries, 'blobs').entries()) {
    const where = `blobs[${index}]`;
    const start = Math.ceil(end / 8) * 8;
    for (; end < start; end++) {
      if (file[end] !== 0) reject(`byte ${end}`, '0', file[end]);
    }
    const blob = take(start, entry.length, where);
    await checkDigest(blob, entry.sha256, { sha256, where });
    blobs.push(blob);
    end += entry.length;
  }
  if (end !== file.length) reject('file', `${end} bytes`, file.length);
  return { content, blobs };
}

async function checkDigest(
  part: Uint8Array,
  expected: Uint8Array,
  { sha256, where }: { readonly sha256: Sha256; readonly where: string },
): Promise<void> {
  const digest = await sha256(part);
  if (digest.length !== 32 || digest.some((byte, index) => byte !== expected[index])) {
    refuse(where, 'bytes that match their SHA-256', 'others');
  }
}

function viewOf(file: Uint8Array): DataView {
  return new DataView(file.buffer, file.byteOffset, file.byteLength);
}
