import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { noise, noiseOffset, noisePeriod, noiseTable } from './noise.ts';

const test = suite('runtime/kernels/noise');

test('it is the documented formula in exact integers', () => {
  for (const i of [0, 1, 2, 1000, 123_456_789]) {
    const product = (BigInt(i + 77) * 0x9e37_79b1n) % 2n ** 32n;
    const expected = Number(product >> 9n) / 2 ** 23 - 0.5 + 2 ** -24;
    assert.is(noise(i, 77), expected);
    assert.is(Math.fround(expected), expected);
  }
});

test('it stays inside half a quantum and is zero on the mean of a period', () => {
  const table = noiseTable(noisePeriod);
  assert.ok(table.every((value) => Math.abs(value) < 0.5));
  const mean = table.reduce((sum, value) => sum + value, 0) / table.length;
  assert.ok(Math.abs(mean) < 1e-3, String(mean));
});

test('over a period it reaches every part of the quantum alike', () => {
  const counts = new Int32Array(64);
  for (const value of noiseTable(noisePeriod)) counts[Math.floor((value + 0.5) * 64)]!++;
  counts.forEach((count, part) => assert.ok(Math.abs(count - 64) <= 2, `part ${part}: ${count}`));
});

test('a part of the table is the noise at an offset', () => {
  const [offset, length] = [noiseOffset(5, 3, 17), 50];
  const part = noiseTable(length + noisePeriod).subarray(offset, offset + length);
  assert.equal(
    [...part],
    Array.from({ length }, (_, i) => noise(i, offset)),
  );
});

test('offsets advance with the step, and differ between layers and seeds', () => {
  const start = noiseOffset(9, 0, 0);
  assert.is(noiseOffset(9, 0, 1), (start + 1) % noisePeriod);
  assert.is(noiseOffset(9, 0, noisePeriod), start);
  const offsets = new Set(Array.from({ length: 20 }, (_, node) => noiseOffset(9, node, 0)));
  assert.is(offsets.size, 20);
  assert.is.not(noiseOffset(10, 0, 0), start);
});

test('a seed counts modulo 2^32', () => {
  assert.is(noiseOffset(-1, 4, 0), noiseOffset(0xffff_ffff, 4, 0));
});

test.run();
