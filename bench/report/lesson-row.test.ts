import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import type { RunRow } from '../results.ts';
import { lessonRow } from './lesson-row.ts';

const test = suite('bench/report/lesson-row');

function run(arm: string, user: string, seed: number, after: number): RunRow {
  const none = { originalBefore: null, originalAfter: null, curve: [] };
  return { arm, user, seed, before: 60, after, steps: 1, msPerStep: 1, ...none };
}

const runs = [
  run('onward', 'a', 1, 90),
  run('onward', 'b', 1, 55),
  run('onward', 'b', 2, 59),
  run('onward, as a lesson', 'a', 1, 88),
  run('onward, as a lesson', 'b', 1, 59),
  run('onward, as a lesson', 'b', 2, 61),
  run('onward, as a lesson that rehearses', 'a', 1, 70),
  run('onward, as a lesson that rehearses', 'b', 1, 62),
];

test('the worst user is the one whose mean over seeds changed least', () => {
  const [row] = lessonRow({ task: 'writers', runs });
  assert.is(row!.measured, '+0.00 points; rehearsing old examples +2.00; without a gate -3.00');
  assert.is(row!.holds, true);
});

test('a user who is worse off breaks the promise', () => {
  const [row] = lessonRow({
    task: 'writers',
    runs: [...runs, run('onward, as a lesson', 'b', 3, 57)],
  });
  assert.is(row!.measured.split(';')[0], '-1.00 points');
  assert.is(row!.holds, false);
});

test('without lessons there is no row, and only what was measured stands beside it', () => {
  assert.equal(lessonRow({ task: 'writers', runs: runs.slice(0, 3) }), []);
  const [row] = lessonRow({ task: 'writers', runs: runs.slice(3, 6) });
  assert.is(row!.measured, '+0.00 points');
});

test.run();
