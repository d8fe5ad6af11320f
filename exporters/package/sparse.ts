// Int8 values, mostly zeros, in the shortest of the three forms of docs/package-format.md; reading them
// is runtime/package/sparse.ts.

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

function toPlain(values: Int8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(values); // modulo 256
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
