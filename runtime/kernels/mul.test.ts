import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import type { Shape } from '../graph/shape.ts';
import { mul } from './mul.ts';
import type { Site } from './site.ts';

const test = suite('runtime/kernels/mul');

function siteOf(b: Shape): Site<'mul'> {
  return {
    index: 1,
    name: 'mul1',
    operator: 'mul',
    attributes: {},
    inputs: [0, 1],
    inputShapes: [[2, 1, 2], b],
    outputShape: [2, 1, 2],
    inputQuantization: [
      { scale: 0.5, zeroPoint: 10 },
      { scale: 0.25, zeroPoint: 0 },
    ],
    outputQuantization: { scale: 0.25, zeroPoint: 100 },
    parameters: null,
    lookup: null,
  };
}

const a = Uint8Array.of(11, 12, 13, 8); // real 0.5 1 1.5 -1

test('equal shapes multiply element by element, halves to even', () => {
  const b = Uint8Array.of(1, 2, 3, 255);
  // real 0.125 0.5 1.125 -63.75: quanta 0.5 2 4.5 -255
  assert.equal([...mul.forward(siteOf([2, 1, 2]), [a, b], 1)], [100, 102, 104, 0]);
});

test('a factor per channel is used at every position of its own sample', () => {
  const b = Uint8Array.of(2, 4, 4, 2);
  const two = Uint8Array.of(...a, ...a);
  assert.equal(
    [...mul.forward(siteOf([1, 1, 2]), [two, b], 2)],
    [101, 104, 103, 96, 102, 102, 106, 98],
  );
});

test('the gradient of each side is the other side', () => {
  const b = Uint8Array.of(1, 2, 3, 4);
  const gradient = Float32Array.of(1, 2, 3, 4);
  const call = { inputs: [a, b], output: a, gradient, batch: 1, wanted: [true, true] };
  const [da, db] = mul.backward(siteOf([2, 1, 2]), call);
  assert.equal([...da!], [0.25, 1, 2.25, 4]);
  assert.equal([...db!], [0.5, 2, 4.5, -4]);
});

test('a factor per channel sums over the positions of its own sample', () => {
  const b = Uint8Array.of(1, 2, 3, 4);
  const two = Uint8Array.of(...a, ...a);
  const gradient = Float32Array.of(1, 2, 3, 4, 0, 1, 0, 1);
  const call = { inputs: [two, b], output: two, gradient, batch: 2, wanted: [false, true] };
  const [da, db] = mul.backward(siteOf([1, 1, 2]), call);
  assert.is(da, null);
  assert.equal([...db!], [0.5 + 4.5, 2 - 4, 0, 1 - 1]);
});

test.run();
