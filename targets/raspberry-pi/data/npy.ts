// One .npy array: a magic, a Python dictionary as text, and the values. Own code, since npyjs brings
// a fetch client along and checks no length.
// Format: numpy.org/doc/stable/reference/generated/numpy.lib.format.html
import { FormatError } from '#runtime';

/** An array as it stands in the file; `where` names it in messages. */
export interface NpyArray {
  readonly where: string;
  readonly shape: readonly number[];
  /** Product of the shape. */
  readonly count: number;
  /** NumPy's letter and byte count, without the byte order: f4, i8, U12. */
  readonly type: string;
  readonly isLittleEndian: boolean;
  readonly data: DataView;
}

type ReadNumber = (data: DataView, offset: number, isLittleEndian: boolean) => number;

const numberTypes: ReadonlyMap<string, ReadNumber> = new Map<string, ReadNumber>([
  ['b1', (data, offset) => data.getUint8(offset)],
  ['u1', (data, offset) => data.getUint8(offset)],
  ['i1', (data, offset) => data.getInt8(offset)],
  ['u2', (data, offset, isLittleEndian) => data.getUint16(offset, isLittleEndian)],
  ['i2', (data, offset, isLittleEndian) => data.getInt16(offset, isLittleEndian)],
  ['u4', (data, offset, isLittleEndian) => data.getUint32(offset, isLittleEndian)],
  ['i4', (data, offset, isLittleEndian) => data.getInt32(offset, isLittleEndian)],
  ['u8', (data, offset, isLittleEndian) => Number(data.getBigUint64(offset, isLittleEndian))],
  ['i8', (data, offset, isLittleEndian) => Number(data.getBigInt64(offset, isLittleEndian))],
  ['f2', (data, offset, isLittleEndian) => fromHalf(data.getUint16(offset, isLittleEndian))],
  ['f4', (data, offset, isLittleEndian) => data.getFloat32(offset, isLittleEndian)],
  ['f8', (data, offset, isLittleEndian) => data.getFloat64(offset, isLittleEndian)],
]);

/** Splits the bytes of one array into header and values, without a copy. */
export function parseNpy(bytes: Uint8Array, where: string): NpyArray {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 10 || latin1(bytes.subarray(0, 6)) !== '\x93NUMPY') {
    throw new FormatError(`${where}: expected a NumPy array, got something else; use np.savez`);
  }
  const isLong = view.getUint8(6) > 1;
  const start = isLong ? 12 : 10;
  const length =
    isLong && bytes.length >= start ? view.getUint32(8, true) : view.getUint16(8, true);
  if (start + length > bytes.length) throw truncated(where, start + length, bytes.length);
  const header = latin1(bytes.subarray(start, start + length));
  const [, order = '', type = ''] = /'descr': *'([<>|=]?)(\w+)'/.exec(header) ?? [];
  const [, dimensions] = /'shape': *\(([\d, ]*)\)/.exec(header) ?? [];
  const itemBytes = bytesPerItem(type);
  if (itemBytes === null || dimensions === undefined) {
    throw new FormatError(
      `${where}: expected an array of numbers or text, got ${JSON.stringify(header.slice(0, 80))}; convert it with .astype('float32')`,
    );
  }
  const shape = dimensions.split(',').flatMap((part) => (part.trim() === '' ? [] : [Number(part)]));
  const count = shape.reduce((product, dimension) => product * dimension, 1);
  if (/'fortran_order': *True/.test(header) && shape.length > 1) {
    throw new FormatError(
      `${where}: expected values in C order, got Fortran order; save np.ascontiguousarray of it`,
    );
  }
  const available = bytes.length - start - length;
  if (count * itemBytes !== available) throw truncated(where, count * itemBytes, available);
  const data = new DataView(bytes.buffer, bytes.byteOffset + start + length, available);
  return { where, shape, count, type, isLittleEndian: order !== '>', data };
}

/** Writes the array's `count` numbers into `target` and returns it. */
export function readNumbers<Target extends Float32Array | Float64Array>(
  { where, type, count, isLittleEndian, data }: NpyArray,
  target: Target,
): Target {
  const read = numberTypes.get(type);
  if (!read) {
    throw new FormatError(`${where}: expected numbers, got ${type}; convert it with .astype`);
  }
  const itemBytes = Number(type.slice(1));
  for (let index = 0; index < count; index++) {
    target[index] = read(data, index * itemBytes, isLittleEndian);
  }
  return target;
}

/** The array's texts (NumPy's U, fixed-length UTF-32), or null where it holds numbers. */
export function readTexts({ where, type, count, isLittleEndian, data }: NpyArray): string[] | null {
  if (!type.startsWith('U')) return null;
  const width = 4 * Number(type.slice(1));
  return Array.from({ length: count }, (_, index) => {
    const codes: number[] = [];
    for (let offset = index * width; offset < (index + 1) * width; offset += 4) {
      const code = data.getUint32(offset, isLittleEndian);
      if (code > 0x10ffff) {
        throw new FormatError(`${where}[${index}]: expected text, got the code ${code}`);
      }
      codes.push(code);
    }
    return String.fromCodePoint(...codes).replace(/\0+$/, '');
  });
}

function bytesPerItem(type: string): number | null {
  const [, width] = /^U([1-9]\d{0,2})$/.exec(type) ?? [];
  if (width !== undefined) return 4 * Number(width);
  return numberTypes.has(type) ? Number(type.slice(1)) : null;
}

// sign, 5 bits of exponent with bias 15, 10 bits of fraction.
function fromHalf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = (bits & 0x3ff) / 1024;
  if (exponent === 0) return sign * fraction * 2 ** -14;
  if (exponent === 0x1f) return fraction ? Number.NaN : sign * Infinity;
  return sign * (1 + fraction) * 2 ** (exponent - 15);
}

function latin1({ buffer, byteOffset, byteLength }: Uint8Array): string {
  return Buffer.from(buffer, byteOffset, byteLength).toString('latin1');
}

function truncated(where: string, expected: number, got: number): FormatError {
  return new FormatError(`${where}: expected ${expected} bytes, got ${got}; save the file again`);
}
