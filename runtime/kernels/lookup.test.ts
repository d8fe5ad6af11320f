import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { lookup } from './lookup.ts';
import type { Site } from './site.ts';

const test = suite('runtime/kernels/lookup');

const site: Site<'lookup'> = {
  index: 0,
  name: 'sigmoid1',
  operator: 'lookup',
  attributes: { activation: 'sigmoid', parameters: [] },
  inputs: [0],
  inputShapes: [[1, 1, 2]],
  outputShape: [1, 1, 2],
  inputQuantization: [{ scale: 1, zeroPoint: 0 }],
  outputQuantization: { scale: 1, zeroPoint: 0 },
  parameters: null,
  lookup: {
    table: Uint8Array.from({ length: 256 }, (_, x) => 255 - x),
    slope: Float32Array.from({ length: 256 }, (_, x) => x / 256),
  },
};

test('outputs are read from the table', () => {
  assert.equal([...lookup.forward(site, [Uint8Array.of(0, 100, 255)], 1)], [255, 155, 0]);
});

test('the gradient is multiplied by the slope at the input', () => {
  const x = Uint8Array.of(64, 128);
  const call = { inputs: [x], output: x, gradient: Float32Array.of(2, -2), batch: 1 };
  assert.equal([...lookup.backward(site, { ...call, wanted: [true] })[0]!], [0.5, -1]);
});

test('a missing table is named', () => {
  assert.throws(
    () => lookup.forward({ ...site, lookup: null }, [new Uint8Array(1)], 1),
    /sigmoid1: .*table/,
  );
});

test.run();
