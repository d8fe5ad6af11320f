import { zipSync } from 'fflate';

type NpyValues = Uint8Array | Int32Array | Float32Array | BigInt64Array | readonly string[];

/** One array to write; `shape` defaults to one axis. */
export interface NpzArray {
  readonly values: NpyValues;
  readonly shape?: readonly number[];
}

/** The bytes of a compressed .npz file that NumPy and `onward` read. */
export function encodeNpz(arrays: Readonly<Record<string, NpzArray>>): Uint8Array<ArrayBuffer> {
  const entries = Object.entries(arrays).map(([name, { values, shape = [values.length] }]) => [
    `${name}.npy`,
    encodeNpy(values, shape),
  ]);
  return zipSync(Object.fromEntries(entries));
}

function encodeNpy(values: NpyValues, shape: readonly number[]): Uint8Array {
  const { type, bytes } = encodeValues(values);
  const header = `{'descr': '${type}', 'fortran_order': False, 'shape': (${shape.map((n) => `${n},`).join(' ')}), }`;
  // The values start at a multiple of 64, and the header ends with a line break.
  const length = Math.ceil((10 + header.length + 1) / 64) * 64 - 10;
  const prefix = Buffer.alloc(10, '\x93NUMPY\x01\x00', 'latin1');
  prefix.writeUInt16LE(length, 8);
  return Buffer.concat([prefix, Buffer.from(`${header.padEnd(length - 1)}\n`, 'latin1'), bytes]);
}

function encodeValues(values: NpyValues): { type: string; bytes: Uint8Array } {
  if (!ArrayBuffer.isView(values)) return encodeTexts(values);
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  if (values instanceof Uint8Array) return { type: '|u1', bytes };
  if (values instanceof Int32Array) return { type: '<i4', bytes };
  return { type: values instanceof Float32Array ? '<f4' : '<i8', bytes };
}

function encodeTexts(texts: readonly string[]): { type: string; bytes: Uint8Array } {
  const codes = texts.map((text) => Array.from(text, (letter) => letter.codePointAt(0) ?? 0));
  const width = Math.max(1, ...codes.map(({ length }) => length));
  const values = new Uint32Array(texts.length * width);
  codes.forEach((letters, index) => values.set(letters, index * width));
  return { type: `<U${width}`, bytes: new Uint8Array(values.buffer) };
}
