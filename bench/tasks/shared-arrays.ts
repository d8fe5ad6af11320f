// The arrays of a data set kept beside the repository: NAME.bin, laid out as NAME.json says.
import { sharedFile } from './shared-file.ts';

const views = {
  u1: Uint8Array,
  i1: Int8Array,
  u2: Uint16Array,
  i2: Int16Array,
  u4: Uint32Array,
  i4: Int32Array,
  f4: Float32Array,
} as const;

interface Description {
  readonly users: readonly (string | number)[];
  readonly arrays: Readonly<
    Record<string, { dtype: keyof typeof views; shape: readonly number[]; offset: number }>
  >;
}

export interface SharedArrays {
  readonly users: readonly (string | number)[];
  /** By key; views of one buffer. Throws RangeError for a key that is not there. */
  array(key: string): ArrayLike<number>;
}

const read = new Map<string, SharedArrays | null>();

/** Null where the data set is not kept. Read once. */
export function sharedArrays(name: string): SharedArrays | null {
  const known = read.get(name);
  if (known !== undefined) return known;
  const [json, bytes] = [sharedFile(`${name}.json`), sharedFile(`${name}.bin`)];
  const found = json && bytes && open(name, json, bytes);
  read.set(name, found);
  return found;
}

function open(name: string, json: Uint8Array, bytes: Uint8Array<ArrayBuffer>): SharedArrays {
  const { users, arrays } = JSON.parse(new TextDecoder().decode(json)) as Description;
  return {
    users,
    array(key) {
      const entry = arrays[key];
      if (entry === undefined) throw new RangeError(`${name}: expected an array ${key}, got none`);
      const length = entry.shape.reduce((product, extent) => product * extent, 1);
      return new views[entry.dtype](bytes.buffer, bytes.byteOffset + entry.offset, length);
    },
  };
}
