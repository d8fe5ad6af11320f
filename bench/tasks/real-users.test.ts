// The tasks of people whose data is kept beside the repository: who is whose, and what is tested.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { assertClose, sharedData, skipBecause } from '#test-support';

import { soundForm, spokenDigitsByGru } from './fsdd.ts';
import { rolesByGru, textOf } from './roles.ts';
import { sequenceTasks } from './sequence-tasks.ts';
import { sharedArrays } from './shared-arrays.ts';
import { sharedFile } from './shared-file.ts';
import type { LabelledSamples } from './task.ts';
import { activityByGru } from './wisdm.ts';

const test = suite('bench/tasks/real-users');
const on = (name: string) =>
  sharedData(name) === null ? skipBecause(test, `${name} is not here`) : test;

function textsOf({ x, y }: LabelledSamples, size: number): string[] {
  return Array.from({ length: x.length / size }, (_, index) =>
    [...x.subarray(index * size, (index + 1) * size), y[index]].join(),
  );
}

function assertApart(one: readonly string[], other: readonly string[]): void {
  const seen = new Set(one);
  assert.is(
    other.findIndex((sample) => seen.has(sample)),
    -1,
  );
}

for (const { name, tuningUsers, users } of sequenceTasks) {
  test(`${name}: nobody is both tuned on and reported`, () => {
    assert.ok(tuningUsers.length > 0 && users.length > 0);
    assert.is(new Set([...tuningUsers, ...users]).size, tuningUsers.length + users.length);
  });
}

on('wisdm-watch-40.bin')(
  'wisdm: wearers are those of the data, eight tuned on, eight reported',
  () => {
    const known = new Set(sharedArrays('wisdm-watch-40')!.users.map(String));
    assert.is(activityByGru.users.length, 8);
    assert.is(activityByGru.tuningUsers.length, 8);
    for (const user of [...activityByGru.users, ...activityByGru.tuningUsers])
      assert.ok(known.has(user));
  },
);

on('wisdm-watch-40.bin')('wisdm: a wearer teaches the first windows of each activity, in g', () => {
  const { train, test: held, original } = activityByGru.data({ user: '1606', seed: 1 });
  assert.is(train.y.length, 54);
  assert.is(held.y.length, 126);
  for (let label = 0; label < 6; label++) {
    assert.is(train.y.filter((value) => value === label).length, 9);
  }
  // Somebody who sits still feels gravity alone.
  const sitting = train.y.indexOf(3) * 240;
  const [x, y, z] = train.x.subarray(sitting, sitting + 3);
  assertClose([Math.hypot(x!, y!, z!)], [1], 0.1);
  assertApart(textsOf(train, 240), textsOf(held, 240));
  assertApart([...textsOf(train, 240), ...textsOf(held, 240)], textsOf(original!, 240));
});

on('fsdd-4spk.bin')(
  'fsdd: a speaker teaches ten recordings of each digit and is tested on forty',
  () => {
    const size = soundForm.frames * soundForm.bands;
    const { train, test: held, original } = spokenDigitsByGru.data({ user: 'lucas', seed: 2 });
    for (let digit = 0; digit < 10; digit++) {
      assert.is(train.y.filter((value) => value === digit).length, 10);
      assert.is(held.y.filter((value) => value === digit).length, 40);
    }
    assertApart(textsOf(train, size), textsOf(held, size));
    assertApart([...textsOf(train, size), ...textsOf(held, size)], textsOf(original!, size));
    const sorted = held.x.toSorted();
    assert.equal([sorted[0], sorted.at(-1)], [-2, 2]);
  },
);

on('fsdd-4spk.bin')('fsdd: another seed draws other recordings', () => {
  const [one, other] = [1, 2].map((seed) => spokenDigitsByGru.data({ user: 'lucas', seed }).train);
  assert.not.equal(one!.x.slice(0, 960), other!.x.slice(0, 960));
});

test('roles: speeches are collected by who speaks, the longest role first', () => {
  const { roles, characters } = textOf('Al:\nHo!\n\nBo:\nHa, ho,\nho.\n\nAl:\nOh.\n');
  assert.equal(roles, [
    { name: 'Bo', speeches: 'Ha, ho,\nho.\n\n' },
    { name: 'Al', speeches: 'Ho!\n\nOh.\n\n' },
  ]);
  assert.is(characters.slice(0, 5).join(''), '\n !,.');
});

on('tinyshakespeare.txt')('roles: a label is the character that follows', () => {
  const { train, test: held } = rolesByGru.data({ user: '2', seed: 1 });
  assert.is(train.y.length, train.x.length);
  assert.is(held.x.length % 64, 0);
  assert.equal([...train.x.subarray(1, 500)], [...train.y.subarray(0, 499)]);
  const { characters, roles } = textOf(
    new TextDecoder().decode(sharedFile('tinyshakespeare.txt')!),
  );
  const spelled = Array.from(train.x, (token) => characters[token]).join('');
  assert.ok(roles[2]!.speeches.startsWith(spelled));
});

test.run();
