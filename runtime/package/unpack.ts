// MessagePack -> plain data: nil, booleans, numbers, strings, byte strings and arrays. It knows no map, no
// extension and no reference, so no key, no class and no generated code can come from a file.
import { toHex } from '../state/hex.ts';
import { refuse, reject } from './check.ts';

const maximumDepth = 16;
const maximumValues = 2 ** 20; // an empty array takes one byte of a file, and fifty of memory

/**
 * Byte strings in the result are views of `bytes`. Throws FormatError for anything but exactly one
 * value, for anything but plain data, for nesting past 16, and for more than a million values.
 */
export function unpack(bytes: Uint8Array, where: string): unknown {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let position = 0;
  let values = 0;
  const take = (count: number): number => {
    const start = position;
    position += count;
    if (position > bytes.length) refuse(where, `${count} more bytes at ${start}`, 'the end');
    return start;
  };
  const uint = (width: number): number => {
    const start = take(width);
    if (width === 4) return view.getUint32(start);
    return width === 2 ? view.getUint16(start) : bytes[start]!;
  };
  const run = (count: number): Uint8Array => bytes.subarray(take(count), position);
  const array = (count: number, depth: number): unknown[] => {
    if (count > bytes.length - position) reject(where, 'an array that fits its bytes', count);
    if (depth === maximumDepth) refuse(where, `at most ${maximumDepth} arrays deep`, 'more');
    return Array.from({ length: count }, () => read(depth + 1));
  };
  const read = (depth: number): unknown => {
    if (++values > maximumValues) refuse(where, `at most ${maximumValues} values`, 'more');
    const start = position;
    const tag = uint(1);
    if (tag < 0x80) return tag;
    if (tag >= 0xe0) return tag - 0x100;
    if (tag >= 0xa0 && tag < 0xc0) return utf8(run(tag & 0x1f), where);
    if (tag >= 0x90 && tag < 0xa0) return array(tag & 0x0f, depth);
    switch (tag) {
      case 0xc0:
        return null;
      case 0xc2:
      case 0xc3:
        return tag === 0xc3;
      case 0xc4:
      case 0xc5:
      case 0xc6:
        return run(uint(1 << (tag - 0xc4)));
      case 0xcb:
        return view.getFloat64(take(8));
      case 0xcc:
      case 0xcd:
      case 0xce:
        return uint(1 << (tag - 0xcc));
      case 0xd0:
        return view.getInt8(take(1));
      case 0xd1:
        return view.getInt16(take(2));
      case 0xd2:
        return view.getInt32(take(4));
      case 0xd9:
      case 0xda:
        return utf8(run(uint(1 << (tag - 0xd9))), where);
      case 0xdc:
      case 0xdd:
        return array(uint(1 << (tag - 0xdb)), depth);
      default:
        return refuse(where, `plain data at ${start}`, `tag ${tag}`);
    }
  };
  const value = read(0);
  if (position !== bytes.length) reject(where, `${position} bytes`, bytes.length);
  return value;
}

// What the language itself knows of UTF-8.
function utf8(bytes: Uint8Array, where: string): string {
  try {
    return decodeURIComponent(toHex(bytes).replaceAll(/../g, '%$&'));
  } catch {
    return refuse(where, 'strings of UTF-8', 'other bytes');
  }
}
