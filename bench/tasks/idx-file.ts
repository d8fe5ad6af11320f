// The idx format of MNIST and Fashion-MNIST: 0, 0, type, rank, `rank` big-endian uint32 sizes, data.
// Only unsigned bytes (type 8) are read, since both data sets hold nothing else.
import { existsSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';

export interface IdxArray {
  /** [items] of labels, [items, rows, columns] of images. */
  readonly shape: readonly number[];
  readonly data: Uint8Array;
}

/** Reads an idx file of unsigned bytes; where only `path`.gz exists, that one. */
export function readIdxFile(path: string): IdxArray {
  const bytes = existsSync(path) ? readFileSync(path) : gunzipSync(readFileSync(`${path}.gz`));
  const rank = bytes[3] ?? 0;
  const start = 4 + 4 * rank;
  if (bytes.length < start || bytes.readUInt16BE(0) !== 0 || bytes[2] !== 8) {
    const magic = bytes.subarray(0, 4).toString('hex');
    throw new RangeError(`${path}: expected idx magic 000008xx, got '${magic}'`);
  }
  const shape = Array.from({ length: rank }, (_, axis) => bytes.readUInt32BE(4 + 4 * axis));
  const expected = shape.reduce((product, size) => product * size, 1);
  if (bytes.length - start !== expected) {
    throw new RangeError(
      `${path}: expected ${expected} bytes of data for [${shape.join(', ')}], got ${bytes.length - start}`,
    );
  }
  return { shape, data: bytes.subarray(start) };
}
