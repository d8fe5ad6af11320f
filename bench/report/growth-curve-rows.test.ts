import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import type { GrowthCurve } from '../results.ts';
import { growthCurveRows } from './growth-curve-rows.ts';

const test = suite('bench/report/growth-curve-rows');

function curve(
  arm: string,
  points: readonly (readonly [x: number, bytes: number, ms: number])[],
  ended: GrowthCurve['ended'] = null,
): GrowthCurve {
  return {
    axis: 'steps',
    network: 'a GRU',
    arm,
    points: points.map(([x, peakBytes, msPerStep]) => ({ x, peakBytes, msPerStep })),
    ended,
  };
}

const onward = curve('onward', [
  [16, 100, 2],
  [256, 150, 20],
]);

function measuredOf(...curves: GrowthCurve[]): string[] {
  return growthCurveRows(curves).map(({ measured }) => measured);
}

test('growth from the first to the last, and against full backpropagation at the last', () => {
  const full = curve('full backprop, float32', [
    [16, 200, 1],
    [256, 3000, 10],
  ]);
  assert.equal(measuredOf(onward, full), [
    "memory x 1.5, time x 10.0; at 256 0.050 of float backprop's memory, 2.0 of its time",
    'memory x 15.0, time x 10.0',
  ]);
});

test('where full backpropagation ended earlier, at the last that both have', () => {
  const full = curve('full backprop, float32', [[16, 200, 1]], { x: 256, reason: 'no room' });
  assert.equal(measuredOf(onward, full), [
    "memory x 1.5, time x 10.0; at 16 0.50 of float backprop's memory, 2.0 of its time",
    'memory x 1.0, time x 1.0; left out from 256 on: no room',
  ]);
});

test('an arm that never was measured says why', () => {
  assert.equal(measuredOf(curve('gates', [], { x: 16, reason: 'it is slow' })), [
    'left out from 16 on: it is slow',
  ]);
});

test.run();
