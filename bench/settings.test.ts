import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { arms, armsOf } from './arms.ts';
import { neighbourGrid, rateGrid, settingOf } from './settings.ts';
import { tasks } from './tasks/table.ts';

const test = suite('bench/settings');

test('arms and tasks have names of their own', () => {
  for (const names of [arms.map(({ name }) => name), tasks.map(({ name }) => name)]) {
    assert.is(new Set(names).size, names.length);
  }
});

test('every arm has a setting on every task, one that its sweep tries', () => {
  for (const task of tasks) {
    for (const arm of armsOf(task)) {
      const { name, value } = settingOf(task, arm);
      const grid: readonly number[] = name === 'neighbours' ? neighbourGrid : rateGrid;
      assert.ok(name === 'none' || grid.includes(value), `${task.name}, ${arm.name}: ${value}`);
    }
  }
});

test('nothing is chosen on a user that is reported', () => {
  for (const task of tasks) {
    const { name, tuningUsers, users } = task;
    // Users of a data set that is not here are not known.
    assert.ok(task.missing() !== null || (tuningUsers.length > 0 && users.length > 0), name);
    assert.equal(
      tuningUsers.filter((user) => users.includes(user)),
      [],
    );
  }
});

test.run();
