// A small vocabulary of checks. A field turns a value into its plain form and back, and checks it
// both ways, so that what is written can be read and what is read can be trusted. Paths name the
// place in a message: `model.graph.nodes[3].inputs[0]`.
import { FormatError } from '../errors.ts';

/** What msgpack carries here: no maps, no extensions. */
export type Plain = null | boolean | number | string | Uint8Array | readonly Plain[];

export interface Field<Value> {
  write(value: Value, where: string): Plain;
  /** The result shares no memory with `plain`. Throws FormatError. */
  read(plain: unknown, where: string): Value;
}

/** Another check's message, at the place it concerns. */
export function rejectAs(where: string, error: Error): never {
  throw new FormatError(`${where}: ${error.message.slice(0, 300)}`, { cause: error });
}

export function reject(where: string, expected: string, value: unknown): never {
  refuse(where, expected, show(value));
}

/** Says in words what there is instead. */
export function refuse(where: string, expected: string, got: string): never {
  throw new FormatError(`${where}: expected ${expected}, got ${got}`);
}

/** Everything but NaN within the bounds; the infinities only where a bound is one. */
export function real(minimum: number, maximum: number): Field<number> {
  return sameBothWays((value, where) =>
    typeof value === 'number' && value >= minimum && value <= maximum
      ? value + 0 // -0 becomes 0, as msgpack would make it
      : reject(where, `a number from ${minimum} to ${maximum}`, value),
  );
}

export function integer(minimum: number, maximum: number): Field<number> {
  return sameBothWays((value, where) =>
    Number.isInteger(value) && (value as number) >= minimum && (value as number) <= maximum
      ? (value as number) + 0
      : reject(where, `an integer from ${minimum} to ${maximum}`, value),
  );
}

export const boolean: Field<boolean> = sameBothWays((value, where) =>
  typeof value === 'boolean' ? value : reject(where, 'true or false', value),
);

// Control characters, lone surrogates, and characters that reorder or hide a line of a terminal.
const unprintable = /[\p{Cc}\p{Cs}\u2028-\u202e\u2066-\u2069\ufeff]/u;

/** A string that is safe to print and to use as a key. */
export function text(minimum: number, maximum: number): Field<string> {
  return sameBothWays((value, where) =>
    typeof value === 'string' &&
    value.length >= minimum &&
    value.length <= maximum &&
    value !== '__proto__' &&
    !unprintable.test(value)
      ? value
      : reject(where, `${minimum} to ${maximum} printable characters`, value),
  );
}

export function choice<const Value extends string | number>(
  choices: readonly Value[],
): Field<Value> {
  return sameBothWays((value, where) =>
    choices.includes(value as Value)
      ? (value as Value)
      : reject(where, choices.map((each) => show(each)).join(' or '), value),
  );
}

export function nullable<Value>(field: Field<Value>): Field<Value | null> {
  return {
    write: (value, where) => (value === null ? null : field.write(value, where)),
    read: (plain, where) => (plain === null ? null : field.read(plain, where)),
  };
}

export function list<Value>(
  field: Field<Value>,
  minimum: number,
  maximum: number,
): Field<readonly Value[]> {
  return {
    write: (value, where) =>
      items(value, where, [minimum, maximum]).map((item, index) =>
        field.write(item as Value, `${where}[${index}]`),
      ),
    read: (plain, where) =>
      items(plain, where, [minimum, maximum]).map((item, index) =>
        field.read(item, `${where}[${index}]`),
      ),
  };
}

/** A list of two or four, as a tuple. */
export function repeated<Tuple extends readonly number[]>(
  field: Field<number>,
  count: Tuple['length'],
): Field<Tuple> {
  return list(field, count, count) as unknown as Field<Tuple>;
}

/** An object as the array of its fields, in the order given here: names are not stored. */
export function record<Value extends object>(fields: {
  readonly [Key in keyof Value]-?: Field<Value[Key]>;
}): Field<Value> {
  const keys = Object.keys(fields) as (keyof Value & string)[];
  return {
    write: (value, where) => keys.map((key) => fields[key].write(value[key], place(where, key))),
    read(plain, where) {
      const values = items(plain, where, [keys.length, keys.length]);
      return Object.fromEntries(
        keys.map((key, index) => [key, fields[key].read(values[index], place(where, key))]),
      ) as Value;
    },
  };
}

function place(where: string, key: string): string {
  return where === '' ? key : `${where}.${key}`;
}

/** A map by index as [index, value] pairs, ascending. */
export function numbered<Value>(
  field: Field<Value>,
  maximum: number,
): Field<ReadonlyMap<number, Value>> {
  const key = integer(0, maximum);
  return {
    write: (value, where) =>
      Array.from(value)
        .toSorted(([a], [b]) => a - b)
        .map(([index, item]) => [key.write(index, where), field.write(item, `${where}[${index}]`)]),
    read(plain, where) {
      const map = new Map<number, Value>();
      let last = -1;
      for (const entry of items(plain, where, [0, maximum])) {
        const [first, item] = items(entry, where, [2, 2]);
        const index = key.read(first, where);
        if (index <= last) reject(where, 'ascending indices', index);
        last = index;
        map.set(index, field.read(item, `${where}[${index}]`));
      }
      return map;
    },
  };
}

export function bytes(minimum: number, maximum: number): Field<Uint8Array<ArrayBuffer>> {
  const check = (value: unknown, where: string): Uint8Array<ArrayBuffer> =>
    value instanceof Uint8Array && value.length >= minimum && value.length <= maximum
      ? new Uint8Array(value) // a real copy; a Buffer's slice is not
      : reject(where, `${minimum} to ${maximum} bytes`, value);
  return { write: check, read: check };
}

/** Little-endian int32, as bytes. */
export function int32Array(maximum: number): Field<Int32Array> {
  return {
    write(values) {
      const view = new DataView(new ArrayBuffer(values.length * 4));
      values.forEach((value, index) => view.setInt32(index * 4, value, true));
      return new Uint8Array(view.buffer);
    },
    read(plain, where) {
      const view = words(plain, where, maximum);
      return new Int32Array(view.byteLength / 4).map((_, i) => view.getInt32(i * 4, true));
    },
  };
}

/** Little-endian float32, as bytes; any values, NaN included. */
export function float32Array(maximum: number): Field<Float32Array> {
  return {
    write(values) {
      const view = new DataView(new ArrayBuffer(values.length * 4));
      values.forEach((value, index) => view.setFloat32(index * 4, value, true));
      return new Uint8Array(view.buffer);
    },
    read(plain, where) {
      const view = words(plain, where, maximum);
      return new Float32Array(view.byteLength / 4).map((_, i) => view.getFloat32(i * 4, true));
    },
  };
}

function words(plain: unknown, where: string, maximum: number): DataView {
  const { buffer } = bytes(0, maximum * 4).read(plain, where);
  if (buffer.byteLength % 4 !== 0) reject(where, 'a multiple of 4 bytes', buffer.byteLength);
  return new DataView(buffer);
}

function items(
  value: unknown,
  where: string,
  [minimum, maximum]: readonly [number, number],
): readonly unknown[] {
  if (Array.isArray(value) && value.length >= minimum && value.length <= maximum) return value;
  const count = minimum === maximum ? `${minimum}` : `${minimum} to ${maximum}`;
  return reject(where === '' ? 'content' : where, `an array of ${count}`, value);
}

function sameBothWays<Value extends Plain>(
  check: (value: unknown, where: string) => Value,
): Field<Value> {
  return { write: check, read: check };
}

// Short whatever the value is, since values come from files.
function show(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.slice(0, 40));
  if (Array.isArray(value)) return `an array of ${value.length}`;
  if (value instanceof Uint8Array) return `${value.length} bytes`;
  return typeof value === 'object' && value !== null ? 'an object' : String(value);
}
