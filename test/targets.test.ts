// Both targets offer the same names, so that a program moves between them by changing one import.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { Learner } from '#runtime';

import type * as browser from '../targets/browser/index.ts';
import type * as raspberryPi from '../targets/raspberry-pi/index.ts';

type RaspberryPi = typeof raspberryPi;
type Browser = typeof browser;

const test = suite('test/targets');

test('raspberry-pi and browser export the same names', () => {
  // Checked by the compiler: a name that one of them lacks is a type error here.
  const ofRaspberryPi: Record<keyof RaspberryPi, true> = { openLearner: true };
  const ofBrowser: Record<keyof Browser, true> = ofRaspberryPi;
  const back: Record<keyof RaspberryPi, true> = ofBrowser;
  assert.equal(Object.keys(back), ['openLearner']);
});

test('openLearner takes the same package and state, and gives the same learner', () => {
  type Options = NonNullable<Parameters<RaspberryPi['openLearner']>[1]>;
  const options: Options = { state: 'state', lessons: 'here' };
  const alike: Parameters<Browser['openLearner']> = [
    'reader.onward',
    { state: 'state', lessons: 'here' },
  ];
  const learner: Awaited<ReturnType<Browser['openLearner']>> | null = null;
  const same: Awaited<ReturnType<RaspberryPi['openLearner']>> | null = learner;
  assert.equal(alike[1], options);
  assert.is(same, null);
});

test('both give a learner that adds, removes, resets, saves and loads', () => {
  type Member = keyof Awaited<ReturnType<Browser['openLearner']>>;
  const members: readonly Member[] = [
    'addClass',
    'removeClass',
    'reset',
    'forget',
    'save',
    'load',
    'engine',
    'labels',
  ];
  const same: readonly (keyof Awaited<ReturnType<RaspberryPi['openLearner']>>)[] = members;
  for (const member of same) assert.ok(member in Learner.prototype, String(member));
});

test.run();
