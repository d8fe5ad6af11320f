import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { FormatError } from '../errors.ts';
import { decodeSparse } from './sparse.ts';
import type { SparseForm } from './sparse.ts';

const test = suite('runtime/package/sparse');

const decoded: readonly [string, SparseForm, number[], number[]][] = [
  ['plain bytes', 0, [0, 1, 0x80, 0xff], [0, 1, -128, -1]],
  ['a bitmap', 1, [0b1000_0101, 0b1, 5, 0xfe, 0x80, 9], [5, 0, -2, 0, 0, 0, 0, -128, 9]],
  ['a bitmap of zeros', 1, [0, 0], [0, 0, 0, 0, 0, 0, 0, 0, 0]],
  ['gaps', 2, [0, 5, 1, 0xfe, 2, 0x80], [5, 0, -2, 0, 0, -128]],
  ['gaps with zeros after the last value', 2, [1, 5], [0, 5, 0, 0]],
  ['no gaps', 2, [], [0, 0, 0]],
];

for (const [name, form, bytes, values] of decoded) {
  test(`${name} are values`, () => {
    const read = decodeSparse([form, Uint8Array.from(bytes)], values.length, 'x');
    assert.equal(read, Int8Array.from(values));
  });
}

test('gaps longer than a byte are LEB128', () => {
  const gaps: readonly [number, number[]][] = [
    [127, [0x7f]],
    [128, [0x80, 0x01]],
    [16_383, [0xff, 0x7f]],
    [16_384, [0x80, 0x80, 0x01]],
    [2_097_152, [0x80, 0x80, 0x80, 0x01]],
  ];
  for (const [gap, bytes] of gaps) {
    const values = new Int8Array(gap + 2);
    values[gap] = 7;
    assert.equal(decodeSparse([2, Uint8Array.of(...bytes, 7)], gap + 2, 'x'), values);
  }
});

const refused: readonly [string, SparseForm, number[], number][] = [
  ['too few plain bytes', 0, [1], 2],
  ['too many plain bytes', 0, [1, 2, 3], 2],
  ['a bitmap cut short', 1, [0xff], 9],
  ['fewer values than bits', 1, [0b11, 1], 8],
  ['more values than bits', 1, [0b1, 1, 2], 8],
  ['a zero among the values', 1, [0b1, 0], 8],
  ['a bit past the last value', 1, [0b100, 1], 2],
  ['a gap past the end', 2, [2, 1], 2],
  ['a gap without a value', 2, [0], 2],
  ['a zero after a gap', 2, [0, 0], 2],
  ['a gap that never ends', 2, [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1], 2],
  ['a gap longer than it need be', 2, [0x80, 0, 1], 2],
];

for (const [name, form, bytes, length] of refused) {
  test(`${name} is refused`, () => {
    assert.throws(
      () => decodeSparse([form, Uint8Array.from(bytes)], length, 'feedback[0].matrix'),
      (error: unknown) => error instanceof FormatError && error.message.startsWith('feedback[0]'),
    );
  });
}

test('any bytes give values or a FormatError', () => {
  fc.assert(
    fc.property(
      fc.constantFrom<SparseForm>(0, 1, 2),
      fc.uint8Array({ maxLength: 12 }),
      fc.integer({ min: 0, max: 40 }),
      (form, bytes, length) => {
        try {
          assert.is(decodeSparse([form, bytes], length, 'x').length, length);
        } catch (error) {
          assert.instance(error, FormatError);
        }
      },
    ),
    { numRuns: 2000 },
  );
});

test.run();
