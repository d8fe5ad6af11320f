// The bytes of an .onward file around its content; docs/package-format.md has the table.
//
//   magic 8 | version u32 | header length u32 | SHA-256 of the header 32 | header | blobs
//
// The header is [[blob length, blob SHA-256] ..., content]. Header and blobs each start at a multiple
// of 8, with zeros between, and the file ends with its last blob: every byte is checked by something.
import { FormatError } from '../errors.ts';
import { bytes, integer, list, record, refuse, reject } from './field.ts';
import type { Field, Plain } from './field.ts';
import { pack, unpack } from './plain.ts';

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

const blobTable: Field<readonly BlobEntry[]> = list(
  record<BlobEntry>({ length: integer(0, 2 ** 31), sha256: bytes(32, 32) }),
  0,
  65_536,
);

export async function writeContainer(
  content: Plain,
  blobs: readonly Uint8Array[],
  sha256: Sha256,
): Promise<Uint8Array<ArrayBuffer>> {
  const table: BlobEntry[] = [];
  for (const blob of blobs) table.push({ length: blob.length, sha256: await sha256(blob) });
  const header = pack([blobTable.write(table, 'blobs'), content]);
  if (header.length > maximumHeader) {
    reject('header', `at most ${maximumHeader} bytes`, header.length);
  }
  const starts = placeBlobs(header.length, table);
  const file = new Uint8Array(starts.at(-1)!);
  const view = new DataView(file.buffer);
  file.set(magic);
  view.setUint32(8, formatVersion, true);
  view.setUint32(12, header.length, true);
  file.set(await sha256(header), 16);
  file.set(header, headerStart);
  blobs.forEach((blob, index) => file.set(blob, starts[index]));
  return file;
}

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
  const length = integer(0, maximumHeader).read(viewOf(file).getUint32(12, true), 'header length');
  if (headerStart + length > file.length)
    refuse('header', `${length} bytes`, 'the end of the file');
  const header = file.subarray(headerStart, headerStart + length);
  await checkDigest(header, file.subarray(16, headerStart), { sha256, where: 'header' });
  const parts = unpack(header, 'header');
  if (!Array.isArray(parts) || parts.length !== 2) reject('header', 'blobs and content', parts);
  const [entries, content] = parts as unknown[];
  const table = blobTable.read(entries, 'blobs');
  const starts = placeBlobs(length, table);
  if (starts.at(-1) !== file.length) reject('file', `${starts.at(-1)} bytes`, file.length);
  checkPadding(file, headerStart + length, starts[0]!);
  const blobs: Uint8Array[] = [];
  for (const [index, entry] of table.entries()) {
    const start = starts[index]!;
    const end = start + entry.length;
    const blob = file.subarray(start, end);
    await checkDigest(blob, entry.sha256, { sha256, where: `blobs[${index}]` });
    if (index + 1 < table.length) checkPadding(file, end, starts[index + 1]!);
    blobs.push(blob);
  }
  return { content, blobs };
}

// Start of each blob, and last the length of the file.
function placeBlobs(headerLength: number, table: readonly BlobEntry[]): number[] {
  let end = headerStart + headerLength;
  const starts: number[] = [];
  for (const { length } of table) {
    const start = Math.ceil(end / 8) * 8;
    starts.push(start);
    end = start + length;
  }
  return [...starts, end];
}

function checkPadding(file: Uint8Array, from: number, to: number): void {
  for (let position = from; position < to; position++) {
    if (file[position] !== 0) reject(`byte ${position}`, '0', file[position]);
  }
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
