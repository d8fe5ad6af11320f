import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { assertClose } from '#test-support';

import { schedule } from './schedule.ts';

const test = suite('runtime/learning/schedule');

const plan = { learningRate: 0.02, clip: 0.1 };

test('the rate rises over the first tenth and ends at a tenth', () => {
  const rates = Array.from({ length: 100 }, (_, step) => schedule(plan, step, 100).learningRate);
  const peak = rates.indexOf(Math.max(...rates));
  assert.is(peak, 9);
  for (let step = 1; step < 100; step++) {
    assert.is(rates[step]! > rates[step - 1]!, step <= peak);
  }
  assertClose([rates[99]!], [0.002], 1e-12);
});

test('the clip rises with the rate and stays', () => {
  assertClose([schedule(plan, 0, 100).clip], [0.01], 1e-12);
  assert.is(schedule(plan, 9, 100).clip, 0.1);
  assert.is(schedule(plan, 99, 100).clip, 0.1);
});

test('a lesson of one step takes it whole', () => {
  assert.equal(schedule(plan, 0, 1), plan);
});

test.run();
