// Int8 values, mostly zeros, in the shortest of three forms:
// 0 plain    one byte a value
// 1 bitmap   one bit a value, low bit first, then the values that are not zero
// 2 gaps     for each value that is not zero: the zeros before it (LEB128), then the value
import { refuse } from './check.ts';

export type SparseForm = 0 | 1 | 2;

/** `length` values; the caller has bounded it. Throws FormatError unless every byte has its place. */
export function decodeSparse(
  [form, bytes]: readonly [SparseForm, Uint8Array],
  length: number,
  where: string,
): Int8Array<ArrayBuffer> {
  const wrong = (): never => refuse(where, `${length} values in form ${form}`, 'other bytes');
  if (form === 0 && bytes.length !== length) wrong();
  const values = new Int8Array(length);
  const read = [fromPlain, fromBitmap, fromGaps][form]!;
  if (!read(bytes, values)) wrong();
  return values;
}

function fromPlain(bytes: Uint8Array, values: Int8Array): boolean {
  values.set(bytes);
  return true;
}

function fromBitmap(bytes: Uint8Array, values: Int8Array): boolean {
  const bitmap = Math.ceil(values.length / 8);
  if (bytes.length < bitmap) return false;
  let next = bitmap;
  for (let index = 0; index < bitmap * 8; index++) {
    if ((bytes[index >> 3]! & (1 << (index & 7))) === 0) continue;
    if (index >= values.length || !bytes[next]) return false;
    values[index] = bytes[next++]!;
  }
  return next === bytes.length;
}

function fromGaps(bytes: Uint8Array, values: Int8Array): boolean {
  let index = 0;
  for (let position = 0; position < bytes.length;) {
    let shift = 0;
    let byte;
    do {
      byte = bytes[position++] ?? 0;
      index += (byte & 0x7f) * 2 ** shift;
      shift += 7;
    } while (byte >= 0x80 && shift < 35);
    const value = bytes[position++];
    if (!value || index >= values.length || (byte === 0 && shift > 7)) return false;
    values[index++] = value;
  }
  return true;
}
