// MessagePack -> plain data. msgpackr's own extensions (records, typed arrays, sets, dates, errors, regular
// expressions, pointers) never reach it: every byte is walked first, and only nil, booleans, numbers,
// strings, byte strings and arrays pass. So no key, no class and no generated code can come from a file.
import { Unpackr } from 'msgpackr/unpack';

import { refuse, reject } from './check.ts';

const maximumDepth = 16;
const maximumValues = 2 ** 20; // an empty array takes one byte of a file, and fifty of memory

/**
 * Byte strings in the result are views of `bytes`. Throws FormatError for anything but exactly one
 * value, for anything but plain data, for nesting past 16, and for more than a million values.
 */
export function unpack(bytes: Uint8Array, where: string): unknown {
  walk(bytes, where);
  // A view of its own, since msgpackr leaves a property on what it reads.
  return new Unpackr({ useRecords: false }).unpack(bytes.subarray());
}

function walk(bytes: Uint8Array, where: string): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const open: number[] = []; // values still to come in each array around the current one
  let position = 0;
  let values = 0;
  const take = (count: number): number => {
    const start = position;
    position += count;
    if (position > bytes.length) refuse(where, `${count} more bytes at ${start}`, 'the end');
    return start;
  };
  const length = (width: number): number => {
    const start = take(width);
    if (width === 1) return view.getUint8(start);
    return width === 2 ? view.getUint16(start) : view.getUint32(start);
  };
  const enter = (count: number): void => {
    if (count > bytes.length - position) reject(where, 'an array that fits its bytes', count);
    if (open.length === maximumDepth) refuse(where, `at most ${maximumDepth} arrays deep`, 'more');
    open.push(count);
  };
  do {
    if (++values > maximumValues) refuse(where, `at most ${maximumValues} values`, 'more');
    if (open.length > 0) open[open.length - 1]! -= 1;
    const tag = view.getUint8(take(1));
    if (tag >= 0x90 && tag < 0xa0) enter(tag & 0x0f);
    else if (tag >= 0xa0 && tag < 0xc0) take(tag & 0x1f);
    else if (tag >= 0x80 && tag < 0xe0) {
      const width = widths[tag];
      if (width === undefined) return refuse(where, `plain data at ${position - 1}`, `tag ${tag}`);
      if (tag >= 0xdc) enter(length(width));
      else if (tag >= 0xd9 || (tag >= 0xc4 && tag <= 0xc6)) take(length(width));
      else take(width);
    }
    while (open.at(-1) === 0) open.pop();
  } while (open.length > 0);
  if (position !== bytes.length) reject(where, `${position} bytes`, bytes.length);
}

// Bytes after a tag: the value's own, or those of its length.
const widths: Readonly<Record<number, number>> = {
  0xc0: 0, // nil
  0xc2: 0, // false
  0xc3: 0, // true
  0xc4: 1, // bytes
  0xc5: 2,
  0xc6: 4,
  0xcb: 8, // float64
  0xcc: 1, // uint
  0xcd: 2,
  0xce: 4,
  0xd0: 1, // int
  0xd1: 2,
  0xd2: 4,
  0xd9: 1, // string
  0xda: 2,
  0xdb: 4,
  0xdc: 2, // array
  0xdd: 4,
};
