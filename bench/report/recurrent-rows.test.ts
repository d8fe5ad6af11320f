import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import type { ArmSummary, RunRow } from '../results.ts';
import { recurrentPromises } from './recurrent-rows.ts';

const test = suite('bench/report/recurrent-rows');

const names = [
  'head only',
  'truncated BPTT',
  'onward',
  'onward, as a lesson',
  'full backprop, float32',
];

function exactly(mean: number): ArmSummary['after'] {
  return { mean, low: mean, high: mean };
}

/** Each arm's accuracy after, in the order of `names`; all start at 60. */
function measured(
  task: string,
  after: readonly number[],
  runs: readonly RunRow[],
): Parameters<typeof recurrentPromises>[0] {
  const arms = names.map((arm, index) => ({
    arm,
    before: exactly(60),
    after: exactly(after[index]!),
  }));
  return { task, arms: arms as ArmSummary[], runs };
}

function run(arm: string, user: string, seed: number, after: number): RunRow {
  const none = { originalBefore: null, originalAfter: null, curve: [] };
  return { arm, user, seed, before: 60, after, steps: 1, msPerStep: 1, ...none };
}

const runs = [
  run('onward', 'a', 1, 90),
  run('onward', 'b', 1, 55),
  run('onward', 'b', 2, 59),
  run('onward, as a lesson', 'a', 1, 88),
  run('onward, as a lesson', 'b', 1, 60),
  run('onward, as a lesson', 'b', 2, 60),
  run('onward, as a lesson that rehearses', 'a', 1, 70),
  run('onward, as a lesson that rehearses', 'b', 1, 62),
];

test('digits by rows: near full backpropagation, above head only and truncation, nobody worse off', () => {
  const rows = recurrentPromises(measured('digit-rows-gru', [80, 85, 89, 88, 90], runs));
  assert.equal(
    rows.map(({ measured: what, holds }) => [what, holds]),
    [
      ['-1.00 points', true],
      ['9.00 points', true],
      ['4.00 points', true],
      ['+0.00 points; rehearsing old examples +2.00; without a gate -3.00', true],
    ],
  );
});

test('what falls short is said to', () => {
  const lost = [...runs, run('onward, as a lesson', 'b', 3, 57)];
  const rows = recurrentPromises(measured('digit-rows-lstm', [80, 84, 83, 83, 85], lost));
  assert.equal(
    rows.map(({ holds }) => holds),
    [false, false, false, false],
  );
});

test('real users: a share of what full backpropagation gains', () => {
  const holds = (onward: number): boolean | null =>
    recurrentPromises(measured('fsdd-gru', [61, 62, onward, 70, 80], runs))[0]!.holds;
  assert.is(holds(78.1), true);
  assert.is(holds(77.9), false);
});

test('truncation is promised to be beaten where whole images are read, and shown elsewhere', () => {
  const [, row] = recurrentPromises(measured('fsdd-gru', [61, 79, 78, 70, 80], runs));
  assert.equal([row!.measured, row!.promised, row!.holds], ['-1.00 points', '', null]);
});

test('models without recurrent layers promise none of it', () => {
  const { arms, ...rest } = measured('digits-hard', [1, 2, 3, 4, 5], runs);
  const others = arms.filter(({ arm }) => arm !== 'truncated BPTT');
  assert.equal(recurrentPromises({ ...rest, arms: others }), []);
});

test.run();
