// Int8 values, mostly zeros, in the shortest of three forms:
// 0 plain    one byte a value
// 1 bitmap   one bit a value, low bit first, then the values that are not zero
// 2 gaps     for each value that is not zero: the zeros before it (LEB128), then the value
import { refuse } from './field.ts';

export type SparseForm = 0 | 1 | 2;

/** The first of the shortest forms, so that equal values give equal bytes. */
export function encodeSparse(
  values: Int8Array,
): [form: SparseForm, bytes: Uint8Array<ArrayBuffer>] {
  const candidates = [toPlain(values), toBitmap(values), toGaps(values)] as const;
  let form: SparseForm = 0;
  if (candidates[1].length < candidates[form].length) form = 1;
  if (candidates[2].length < candidates[form].length) form = 2;
  return [form, candidates[form]];
}

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

function toPlain(values: Int8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(values); // modulo 256
}

function fromPlain(bytes: Uint8Array, values: Int8Array): boolean {
  values.set(bytes);
  return true;
}

function toBitmap(values: Int8Array): Uint8Array<ArrayBuffer> {
  const nonzero = values.filter((value) => value !== 0);
  const bitmap = Math.ceil(values.length / 8);
  const bytes = new Uint8Array(bitmap + nonzero.length);
  values.forEach((value, index) => {
    if (value !== 0) bytes[index >> 3]! |= 1 << (index & 7);
  });
  bytes.set(nonzero, bitmap);
  return bytes;
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

function toGaps(values: Int8Array): Uint8Array<ArrayBuffer> {
  const bytes: number[] = [];
  let gap = 0;
  for (const value of values) {
    if (value === 0) {
      gap++;
      continue;
    }
    for (; gap >= 0x80; gap >>>= 7) bytes.push((gap & 0x7f) | 0x80);
    bytes.push(gap, value);
    gap = 0;
  }
  return Uint8Array.from(bytes);
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
