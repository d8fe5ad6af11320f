// A small vocabulary of checks on what comes from a file. A check turns plain data into a value that
// can be trusted, or throws. Paths name the place in a message: `model.graph.nodes[3].inputs[0]`.
import { FormatError, InputError } from '../errors.ts';

/** The result shares no memory with `plain`. Throws FormatError. */
export type Check<Value> = (plain: unknown, where: string) => Value;

type Fields<Value> = { readonly [Key in keyof Value]-?: Check<Value[Key]> };

/** What `work` returns. An InputError in it is the file's fault, told at the place it concerns. */
export function blameFile<Value>(prefix: string, work: () => Value): Value {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    throw new FormatError(`${prefix}${error.message.slice(0, 300)}`, { cause: error });
  }
}

export function reject(where: string, expected: string, value: unknown): never {
  refuse(where, expected, show(value));
}

/** Says in words what there is instead. */
export function refuse(where: string, expected: string, got: string): never {
  throw new FormatError(`${where}: expected ${expected}, got ${got}`);
}

/** Everything but NaN within the bounds; the infinities only where a bound is one. */
export function real(minimum: number, maximum: number): Check<number> {
  return (plain, where) =>
    typeof plain === 'number' && plain >= minimum && plain <= maximum
      ? plain + 0 // -0 becomes 0
      : reject(where, `a number from ${minimum} to ${maximum}`, plain);
}

export function integer(minimum: number, maximum: number): Check<number> {
  return (plain, where) =>
    Number.isInteger(plain) && (plain as number) >= minimum && (plain as number) <= maximum
      ? (plain as number) + 0
      : reject(where, `an integer from ${minimum} to ${maximum}`, plain);
}

export const boolean: Check<boolean> = (plain, where) =>
  typeof plain === 'boolean' ? plain : reject(where, 'true or false', plain);

// Control characters, lone surrogates, and characters that reorder or hide a line of a terminal.
const unprintable = /[\p{Cc}\p{Cs}\u2028-\u202e\u2066-\u2069\ufeff]/u;

/** A string that is safe to print and to use as a key. */
export function text(minimum: number, maximum: number): Check<string> {
  return (plain, where) =>
    typeof plain === 'string' &&
    plain.length >= minimum &&
    plain.length <= maximum &&
    plain !== '__proto__' &&
    !unprintable.test(plain)
      ? plain
      : reject(where, `${minimum} to ${maximum} printable characters`, plain);
}

export function choice<const Value extends string | number>(
  choices: readonly Value[],
): Check<Value> {
  return (plain, where) =>
    choices.includes(plain as Value)
      ? (plain as Value)
      : reject(where, choices.map((each) => show(each)).join(' or '), plain);
}

export function nullable<Value>(check: Check<Value>): Check<Value | null> {
  return (plain, where) => (plain === null ? null : check(plain, where));
}

export function list<Value>(
  check: Check<Value>,
  minimum: number,
  maximum: number,
): Check<readonly Value[]> {
  return (plain, where) =>
    items(plain, where, [minimum, maximum]).map((item, index) => check(item, `${where}[${index}]`));
}

/** A list of two or four, as a tuple. */
export function repeated<Tuple extends readonly number[]>(
  check: Check<number>,
  count: Tuple['length'],
): Check<Tuple> {
  return list(check, count, count) as unknown as Check<Tuple>;
}

/** An object of these fields and no others, its own and not its prototype's. */
export function named<Value extends object>(fields: Fields<Value>): Check<Value> {
  const keys = Object.keys(fields) as (keyof Value & string)[];
  return (plain, where) => {
    const isWhole =
      isObject(plain) &&
      Object.keys(plain).length === keys.length &&
      keys.every((key) => Object.hasOwn(plain, key));
    if (!isWhole) return reject(where, `an object of ${keys.join(', ')}`, plain);
    return Object.fromEntries(
      keys.map((key) => [key, fields[key](plain[key], where === '' ? key : `${where}.${key}`)]),
    ) as Value;
  };
}

/** An object stored as the array of its fields, in the order given here: names are not stored. */
export function record<Value extends object>(fields: Fields<Value>): Check<Value> {
  const keys = Object.keys(fields);
  const check = named(fields);
  return (plain, where) => {
    const values = items(plain, where, [keys.length, keys.length]);
    return check(Object.fromEntries(keys.map((key, index) => [key, values[index]])), where);
  };
}

/** A map by index stored as [index, value] pairs, ascending. */
export function numbered<Value>(
  check: Check<Value>,
  maximum: number,
): Check<ReadonlyMap<number, Value>> {
  return (plain, where) => {
    const map = new Map<number, Value>();
    let last = -1;
    for (const entry of items(plain, where, [0, maximum])) {
      const [first, item] = items(entry, where, [2, 2]);
      const index = integer(0, maximum)(first, where);
      if (index <= last) reject(where, 'ascending indices', index);
      last = index;
      map.set(index, check(item, `${where}[${index}]`));
    }
    return map;
  };
}

export function bytes(minimum: number, maximum: number): Check<Uint8Array<ArrayBuffer>> {
  return (plain, where) =>
    plain instanceof Uint8Array && plain.length >= minimum && plain.length <= maximum
      ? new Uint8Array(plain) // a real copy; a Buffer's slice is not
      : reject(where, `${minimum} to ${maximum} bytes`, plain);
}

/** Little-endian int32, stored as bytes. */
export function int32Array(maximum: number): Check<Int32Array> {
  return (plain, where) => {
    const view = words(plain, where, maximum);
    return new Int32Array(view.byteLength / 4).map((_, i) => view.getInt32(i * 4, true));
  };
}

/** Little-endian float32, stored as bytes; any values, NaN included. */
export function float32Array(maximum: number): Check<Float32Array> {
  return (plain, where) => {
    const view = words(plain, where, maximum);
    return new Float32Array(view.byteLength / 4).map((_, i) => view.getFloat32(i * 4, true));
  };
}

function words(plain: unknown, where: string, maximum: number): DataView {
  const { buffer } = bytes(0, maximum * 4)(plain, where);
  if (buffer.byteLength % 4 !== 0) reject(where, 'a multiple of 4 bytes', buffer.byteLength);
  return new DataView(buffer);
}

function items(
  plain: unknown,
  where: string,
  [minimum, maximum]: readonly [number, number],
): readonly unknown[] {
  if (Array.isArray(plain) && plain.length >= minimum && plain.length <= maximum) return plain;
  const count = minimum === maximum ? `${minimum}` : `${minimum} to ${maximum}`;
  return reject(where === '' ? 'content' : where, `an array of ${count}`, plain);
}

function isObject(plain: unknown): plain is Readonly<Record<string, unknown>> {
  return typeof plain === 'object' && plain !== null;
}

// Short whatever the value is, since values come from files.
function show(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.slice(0, 40));
  if (Array.isArray(value)) return `an array of ${value.length}`;
  if (value instanceof Uint8Array) return `${value.length} bytes`;
  return isObject(value) ? 'an object' : String(value);
}
