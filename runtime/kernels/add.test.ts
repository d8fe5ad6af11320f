import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { add } from './add.ts';
import type { Site } from './site.ts';

const test = suite('runtime/kernels/add');

const site: Site<'add'> = {
  index: 1,
  name: 'add1',
  operator: 'add',
  attributes: { clamp: null },
  inputs: [0, 1],
  inputShapes: [
    [1, 1, 2],
    [1, 1, 2],
  ],
  outputShape: [1, 1, 2],
  inputQuantization: [
    { scale: 0.5, zeroPoint: 10 },
    { scale: 0.25, zeroPoint: 0 },
  ],
  outputQuantization: { scale: 0.5, zeroPoint: 100 },
  parameters: null,
  lookup: null,
};

function forward(own: Site<'add'>, a: number[], b: number[]): number[] {
  return [...add.forward(own, [Uint8Array.from(a), Uint8Array.from(b)], 1)];
}

test('each side is brought to the output scale before the sum is rounded', () => {
  // 2 + 0.5, and 2 + 1.5: halves to even; the sum is rounded once, not each side
  assert.equal(forward(site, [12, 12], [1, 3]), [102, 104]);
  assert.equal(forward(site, [9, 9], [1, 3]), [100, 100]);
});

test('sums saturate', () => {
  assert.equal(forward(site, [255, 0], [255, 0]), [255, 90]);
});

test('a relu clamps the sum', () => {
  const relu = { ...site, attributes: { clamp: { minimum: 0, maximum: Infinity } } };
  assert.equal(forward(relu, [0, 20], [0, 0]), [100, 110]);
});

test('both sides take the gradient, each a copy', () => {
  const gradient = Float32Array.of(1, -2);
  const call = { inputs: [], output: new Uint8Array(2), gradient, batch: 1, wanted: [true, true] };
  const [a, b] = add.backward(site, call);
  assert.equal([a, b], [gradient, gradient]);
  assert.is.not(a, gradient);
  assert.is.not(a, b);
});

test.run();
