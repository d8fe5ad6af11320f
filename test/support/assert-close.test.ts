import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { assertClose } from './assert-close.ts';

const test = suite('test/support/assert-close');

test('values within the tolerance pass', () => {
  assertClose(Float32Array.of(1, 2), [1.05, 1.95], 0.1);
  assertClose([], [], 0);
});

test('the worst position is named', () => {
  assert.throws(() => assertClose([1, 2, 3], [1.2, 2.9, 3], 0.1), /expected 2\.9 .* at 1, got 2$/);
});

test('lengths must agree', () => {
  assert.throws(() => assertClose([1], [1, 2], 9), /expected 2 values, got 1/);
});

test('NaN is close to NaN only, and an infinity to itself only', () => {
  assertClose([Number.NaN, Infinity], [Number.NaN, Infinity], 0);
  assert.throws(() => assertClose([Number.NaN], [1], 1e9), /at 0/);
  assert.throws(() => assertClose([1], [Number.NaN], 1e9), /at 0/);
  assert.throws(() => assertClose([-Infinity], [Infinity], 1e9), /at 0/);
});

test.run();
