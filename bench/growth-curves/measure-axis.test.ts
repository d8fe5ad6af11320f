import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import type { Axis, GrowthWork } from './axes.ts';
import { axes } from './axes.ts';
import { measureAxis } from './measure-axis.ts';
import type { Meter } from './measure-axis.ts';

const test = suite('bench/growth-curves/measure-axis');

type Sequence = Extract<GrowthWork, { kind: 'sequence' }>;

const size = { cell: 'gru', features: 2, hiddenSize: 4, batch: 1 } as const;

function workOf(method: Sequence['method']): (steps: number) => GrowthWork {
  return (steps) => ({ kind: 'sequence', method, size: { ...size, steps } });
}

const axis: Axis = {
  axis: 'steps',
  network: 'a GRU',
  values: [1, 2, 3],
  quick: { values: [1, 3], arms: ['far'] },
  arms: new Map([
    ['near', workOf('gates')],
    ['far', workOf('exact')],
  ]),
};

/** Memory is 10 bytes a step, time 1 ms a step; `exact` costs twice that. */
function meterThat(fails: Partial<Meter>): Meter {
  const costOf = (work: GrowthWork): number => {
    const { method, size: own } = work as Sequence;
    return own.steps * (method === 'exact' ? 2 : 1);
  };
  return {
    peakOf: async (work) => 10 * costOf(work),
    timesOf: async (works) => works.map(costOf),
    ...fails,
  };
}

const silent = (): void => {};

test('every arm has its own point at every value', async () => {
  const curves = await measureAxis(axis, meterThat({}), silent);
  assert.equal(
    curves.map(({ arm, points, ended }) => [arm, points.at(-1), points.length, ended]),
    [
      ['near', { x: 3, peakBytes: 30, msPerStep: 3 }, 3, null],
      ['far', { x: 3, peakBytes: 60, msPerStep: 6 }, 3, null],
    ],
  );
});

test('an arm that fails ends there with the reason, and the others go on without it', async () => {
  const timed: number[] = [];
  const meter = meterThat({
    async peakOf(work) {
      const { method, size: own } = work as Sequence;
      if (method === 'gates' && own.steps === 2) {
        throw new Error(
          'a-process.ts: exit 1: somewhere:12\n  throw\n\nRangeError: no room\n  at x',
        );
      }
      return 1;
    },
    async timesOf(works) {
      timed.push(works.length);
      return works.map(() => 1);
    },
  });
  const [near, far] = await measureAxis(axis, meter, silent);
  assert.equal(near!.ended, { x: 2, reason: 'RangeError: no room' });
  assert.is(near!.points.length, 1);
  assert.is(far!.points.length, 3);
  assert.equal(timed, [2, 1, 1]);
});

test('where times cannot be measured the arms end, and nothing more is asked', async () => {
  let asked = 0;
  const meter = meterThat({
    async peakOf() {
      asked++;
      return 1;
    },
    timesOf: async () => Promise.reject(new Error('expected an end within 9 s, got none')),
  });
  const curves = await measureAxis(axis, meter, silent);
  assert.equal(
    curves.map(({ ended }) => ended),
    Array.from({ length: 2 }, () => ({ x: 1, reason: 'expected an end within 9 s, got none' })),
  );
  assert.is(asked, 2);
});

test('labels stand for values, and each axis names its arms', async () => {
  const labelled = { ...axis, label: (x: number) => 100 * x };
  const [curve] = await measureAxis(labelled, meterThat({}), silent);
  assert.equal(
    curve!.points.map(({ x }) => x),
    [100, 200, 300],
  );
  for (const { arms, values, quick } of axes) {
    assert.is([...arms.keys()][0], 'onward');
    if (quick === null) continue;
    assert.ok(quick.arms.includes('onward') && quick.arms.includes('full backprop, float32'));
    assert.ok(quick.arms.every((arm) => arms.has(arm)));
    assert.ok(quick.values.length > 1 && quick.values.every((value) => values.includes(value)));
  }
});

test.run();
