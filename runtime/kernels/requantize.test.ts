import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { multipliers, quantize, roundHalfEven } from './requantize.ts';

const test = suite('runtime/kernels/requantize');

test('halves round to the even neighbour', () => {
  const rounded = [0.5, 1.5, 2.5, -0.5, -1.5, -2.5, 254.5, 255.5].map(roundHalfEven);
  assert.equal(rounded, [0, 2, 2, 0, -2, -2, 254, 256]);
});

test('what is not a half rounds to the nearest', () => {
  assert.equal([0.49999997, 0.50000006, -1.2, 3.7, -3.7].map(roundHalfEven), [0, 1, -1, 4, -4]);
});

test('large numbers, infinities and NaN pass through', () => {
  assert.is(roundHalfEven(2 ** 40), 2 ** 40);
  assert.is(roundHalfEven(2 ** 31 - 0.5), 2 ** 31);
  assert.is(roundHalfEven(-Infinity), -Infinity);
  assert.ok(Number.isNaN(roundHalfEven(Number.NaN)));
});

test('quantize adds the zero point after rounding and saturates at both ends', () => {
  assert.is(quantize(0.5, 3, 0, 255), 3);
  assert.is(quantize(1.5, 3, 0, 255), 5);
  assert.is(quantize(-100, 3, 0, 255), 0);
  assert.is(quantize(1e9, 3, 0, 200), 200);
});

test('multipliers round to float32 after each operation', () => {
  const [sx, sw, sy] = [0.0191, 0.00697, 0.0419].map(Math.fround) as [number, number, number];
  const expected = Math.fround(Math.fround(sx * sw) / sy);
  assert.is.not(expected, Math.fround((sx * sw) / sy)); // rounding once would differ
  assert.is(multipliers(0.0191, Float32Array.of(0.00697), 0.0419)[0], expected);
  assert.is(multipliers(0.0191, Float32Array.of(0.00697), null)[0], Math.fround(sx * sw));
});

test.run();
