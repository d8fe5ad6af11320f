import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { FormatError } from '../errors.ts';
import { decodeSparse, encodeSparse } from './sparse.ts';
import type { SparseForm } from './sparse.ts';

const test = suite('runtime/package/sparse');

function everyNth(length: number, n: number): Int8Array {
  return Int8Array.from({ length }, (_, i) => (i % n === 0 ? -128 + (i % 100) : 0));
}

test('values come back, whatever share of them is zero', () => {
  const values = fc
    .array(fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, fc.integer({ min: -128, max: 127 })))
    .chain((dense) =>
      fc.integer({ min: 0, max: 300 }).map((gap) => {
        const sparse = new Int8Array(dense.length * (gap + 1) + gap);
        dense.forEach((value, index) => (sparse[index * (gap + 1) + gap] = value));
        return sparse;
      }),
    );
  fc.assert(
    fc.property(values, (sparse) => {
      assert.equal(decodeSparse(encodeSparse(sparse), sparse.length, 'x'), sparse);
    }),
  );
});

test('the form follows the density', () => {
  assert.is(encodeSparse(everyNth(10_000, 1))[0], 0);
  assert.is(encodeSparse(everyNth(10_000, 3))[0], 1);
  assert.is(encodeSparse(everyNth(10_000, 20))[0], 2);
  assert.is(encodeSparse(new Int8Array(10_000))[1].length, 0);
});

test('one value in ten takes about a fifth of the bytes', () => {
  const [, bytes] = encodeSparse(everyNth(10_000, 10));
  assert.is(bytes.length, 2000);
});

test('gaps longer than a byte are read back', () => {
  for (const gap of [127, 128, 16_383, 16_384, 2_097_152]) {
    const values = new Int8Array(gap + 2);
    values[gap] = 7;
    const [form, bytes] = encodeSparse(values);
    assert.is(form, 2);
    assert.equal(decodeSparse([form, bytes], gap + 2, 'x'), values);
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
