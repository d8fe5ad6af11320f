import { setImmediate as nextTurn } from 'node:timers/promises';

import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { twoAtATime } from './two-at-a-time.ts';

const test = suite('bench/two-at-a-time');

test('two run at once, and results stand in the order of the items', async () => {
  let [running, most] = [0, 0];
  const results = await twoAtATime([3, 1, 2, 1], async (turns) => {
    most = Math.max(most, ++running);
    for (let turn = 0; turn < turns; turn++) await nextTurn();
    running--;
    return 10 * turns;
  });
  assert.equal([results, most], [[30, 10, 20, 10], 2]);
});

test('the first error ends it, once what runs has ended', async () => {
  const ended: number[] = [];
  const working = twoAtATime([1, 2, 3], async (item) => {
    await nextTurn();
    if (item === 1) throw new RangeError('no room');
    await nextTurn();
    ended.push(item);
  });
  const reason = await working.catch((error: unknown) => error);
  assert.is((reason as Error).message, 'no room');
  assert.equal(ended, [2]);
});

test.run();
