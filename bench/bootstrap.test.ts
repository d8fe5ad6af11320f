import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { bootstrap, standardDeviation, userMeans } from './bootstrap.ts';

const test = suite('bench/bootstrap');

test('seeds of one user count as one value', () => {
  const observations = [
    { user: 'a', value: 1 },
    { user: 'b', value: 4 },
    { user: 'a', value: 3 },
  ];
  assert.equal(userMeans(observations), [
    { user: 'a', value: 2 },
    { user: 'b', value: 4 },
  ]);
  assert.is(bootstrap(observations).mean, 3);
});

test('the interval is what the normal approximation says, for many users', () => {
  // Values 0..99: the standard error is 28.87 / 10, and 1.96 of it 5.66.
  const observations = Array.from({ length: 100 }, (_, value) => ({ user: `${value}`, value }));
  const { mean, low, high } = bootstrap(observations);
  assert.is(mean, 49.5);
  assert.ok(Math.abs(mean - low - 5.66) < 0.25, `low: ${low}`);
  assert.ok(Math.abs(high - mean - 5.66) < 0.25, `high: ${high}`);
});

test('two users give the interval between them, one user none', () => {
  const two = bootstrap([
    { user: 'a', value: 10 },
    { user: 'b', value: 20 },
  ]);
  assert.equal(two, { mean: 15, low: 10, high: 20 });
  assert.equal(bootstrap([{ user: 'a', value: 7 }]), { mean: 7, low: 7, high: 7 });
});

test('nothing to average is an error', () => {
  assert.throws(() => bootstrap([]), /expected observations/);
});

test('the deviation is that of the values themselves', () => {
  assert.is(standardDeviation([2, 4, 4, 4, 5, 5, 7, 9]), 2);
});

test.run();
