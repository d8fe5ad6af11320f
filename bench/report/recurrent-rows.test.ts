import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import type { ArmSummary } from '../results.ts';
import { recurrentPromises } from './recurrent-rows.ts';

const test = suite('bench/report/recurrent-rows');

const names = ['head only', 'truncated BPTT', 'onward', 'full backprop, float32'];

function exactly(mean: number): ArmSummary['after'] {
  return { mean, low: mean, high: mean };
}

/** Each arm's accuracy after, in the order of `names`; all start at 60. */
function measured(task: string, after: readonly number[]): Parameters<typeof recurrentPromises>[0] {
  const arms = names.map((arm, index) => ({
    arm,
    before: exactly(60),
    after: exactly(after[index]!),
  }));
  return { task, arms: arms as ArmSummary[] };
}

test('digits by rows: near full backpropagation, above head only and truncation', () => {
  const rows = recurrentPromises(measured('digit-rows-gru', [80, 85, 89, 90]));
  assert.equal(
    rows.map(({ measured: what, holds }) => [what, holds]),
    [
      ['-1.00 points', true],
      ['9.00 points', true],
      ['4.00 points', true],
    ],
  );
});

test('what falls short is said to', () => {
  const rows = recurrentPromises(measured('digit-rows-lstm', [80, 84, 83, 85]));
  assert.equal(
    rows.map(({ holds }) => holds),
    [false, false, false],
  );
});

test('real users: a share of what full backpropagation gains', () => {
  const holds = (onward: number): boolean | null =>
    recurrentPromises(measured('fsdd-gru', [61, 62, onward, 80]))[0]!.holds;
  assert.is(holds(78.1), true);
  assert.is(holds(77.9), false);
});

test('truncation is promised to be beaten where whole images are read, and shown elsewhere', () => {
  const [, row] = recurrentPromises(measured('fsdd-gru', [61, 79, 78, 80]));
  assert.equal([row!.measured, row!.promised, row!.holds], ['-1.00 points', '', null]);
});

test('models without recurrent layers promise none of it', () => {
  const { arms, ...rest } = measured('digits-hard', [1, 2, 3, 5]);
  const others = arms.filter(({ arm }) => arm !== 'truncated BPTT');
  assert.equal(recurrentPromises({ ...rest, arms: others }), []);
});

test.run();
