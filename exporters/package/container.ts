// The bytes of an .onward file around its content; docs/package-format.md has the table.
import type { Sha256 } from '#runtime';

import { pack } from './pack.ts';
import type { Plain } from './pack.ts';

const formatVersion = 1;
const magic = Uint8Array.of(0x89, 0x4f, 0x4e, 0x57, 0x41, 0x52, 0x44, 0x0a); // .ONWARD.
const headerStart = 48;

export async function writeContainer(
  content: Plain,
  blobs: readonly Uint8Array[],
  sha256: Sha256,
): Promise<Uint8Array<ArrayBuffer>> {
  const table: Plain[] = [];
  for (const blob of blobs) table.push([blob.length, await sha256(blob)]);
  const header = pack([table, content]);
  let end = headerStart + header.length;
  const starts = blobs.map(({ length }) => {
    const start = Math.ceil(end / 8) * 8;
    end = start + length;
    return start;
  });
  const file = new Uint8Array(end);
  const view = new DataView(file.buffer);
  file.set(magic);
  view.setUint32(8, formatVersion, true);
  view.setUint32(12, header.length, true);
  file.set(await sha256(header), 16);
  file.set(header, headerStart);
  blobs.forEach((blob, index) => file.set(blob, starts[index]));
  return file;
}
