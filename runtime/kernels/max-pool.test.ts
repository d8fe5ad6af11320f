import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { windowOf } from '#test-support';

import type { Window } from '../graph/operator.ts';
import type { Shape } from '../graph/shape.ts';
import { maxPool } from './max-pool.ts';
import type { Site } from './site.ts';

const test = suite('runtime/kernels/max-pool');

function siteOf(input: Shape, output: Shape, window: Window): Site<'maxPool'> {
  const quantization = { scale: 1, zeroPoint: 100 };
  return {
    index: 0,
    name: 'pool1',
    operator: 'maxPool',
    attributes: { window },
    inputs: [0],
    inputShapes: [input],
    outputShape: output,
    inputQuantization: [quantization],
    outputQuantization: quantization,
    parameters: null,
    lookup: null,
  };
}

const row = siteOf([1, 4, 1], [1, 4, 1], windowOf([1, 3], { pads: [0, 1, 0, 1] }));

test('padding never wins, though all values lie below the zero point', () => {
  assert.equal([...maxPool.forward(row, [Uint8Array.of(5, 3, 9, 2)], 1)], [5, 9, 9, 9]);
});

test('channels and samples do not mix', () => {
  const pairs = siteOf([1, 2, 2], [1, 1, 2], windowOf([1, 2]));
  const x = Uint8Array.of(1, 8, 3, 4, 9, 2, 5, 6);
  assert.equal([...maxPool.forward(pairs, [x], 2)], [3, 8, 9, 6]);
});

test('a window of padding alone is 0 and gives no gradient', () => {
  const beyond = siteOf([1, 1, 1], [1, 2, 1], windowOf(1, { pads: [0, 1, 0, 0] }));
  const x = Uint8Array.of(7);
  const output = maxPool.forward(beyond, [x], 1);
  assert.equal([...output], [0, 7]);
  const call = { inputs: [x], output, gradient: Float32Array.of(5, 3), batch: 1, wanted: [true] };
  assert.equal([...maxPool.backward(beyond, call)[0]!], [3]);
});

test('the gradient goes to the largest, from every window it won', () => {
  const x = Uint8Array.of(5, 3, 9, 2);
  const output = maxPool.forward(row, [x], 1);
  const gradient = Float32Array.of(1, 10, 100, 1000);
  const call = { inputs: [x], output, gradient, batch: 1, wanted: [true] };
  assert.equal([...maxPool.backward(row, call)[0]!], [1, 0, 1110, 0]);
});

test('equal largest values share the gradient', () => {
  const x = Uint8Array.of(4, 4, 4, 2);
  const output = maxPool.forward(row, [x], 1);
  assert.equal([...output], [4, 4, 4, 4]);
  const gradient = Float32Array.of(2, 3, 4, 5);
  const call = { inputs: [x], output, gradient, batch: 1, wanted: [true] };
  // Shares: 2/2 to 0 1, 3/3 to 0 1 2, 4/2 to 1 2, 5/1 to 2.
  assert.equal([...maxPool.backward(row, call)[0]!], [2, 4, 8, 0]);
});

test.run();
