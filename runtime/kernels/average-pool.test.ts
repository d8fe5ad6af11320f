import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { windowOf } from '#test-support';

import { averagePool } from './average-pool.ts';
import type { Site } from './site.ts';

const test = suite('runtime/kernels/average-pool');

function rowSite(countPadding: boolean): Site<'averagePool'> {
  return {
    index: 0,
    name: 'pool1',
    operator: 'averagePool',
    attributes: { window: windowOf([1, 3], { pads: [0, 1, 0, 1] }), countPadding },
    inputs: [0],
    inputShapes: [[1, 3, 1]],
    outputShape: [1, 3, 1],
    inputQuantization: [{ scale: 0.5, zeroPoint: 100 }],
    outputQuantization: { scale: 0.25, zeroPoint: 10 },
    parameters: null,
    lookup: null,
  };
}

const x = Uint8Array.of(104, 108, 118); // real 2 4 9

test('the mean is taken over what lies inside the input', () => {
  // 3, 5, 6.5
  assert.equal([...averagePool.forward(rowSite(false), [x], 1)], [22, 30, 36]);
});

test('padding counts as real zero where it is counted', () => {
  // 2, 5, 4.333
  assert.equal([...averagePool.forward(rowSite(true), [x], 1)], [18, 30, 27]);
});

test('means saturate', () => {
  assert.equal([...averagePool.forward(rowSite(false), [Uint8Array.of(0, 0, 255)], 1)], [0, 0, 65]);
  assert.is(averagePool.forward(rowSite(false), [new Uint8Array(3).fill(255)], 1)[1], 255);
});

test('each input takes its share of the gradient of every window that read it', () => {
  const gradient = Float32Array.of(6, 12, 24);
  const call = { inputs: [x], output: x, gradient, batch: 1, wanted: [true] };
  assert.equal([...averagePool.backward(rowSite(false), call)[0]!], [7, 19, 16]);
  const third = Math.fround(1 / 3);
  const shares = [6, 12, 24].map((g) => Math.fround(g * third));
  const sums = [
    shares[0]! + shares[1]!,
    shares[0]! + shares[1]! + shares[2]!,
    shares[1]! + shares[2]!,
  ];
  assert.equal([...averagePool.backward(rowSite(true), call)[0]!], sums.map(Math.fround));
});

test('a mean of everything gives every position the same gradient', () => {
  const all: Site<'averagePool'> = {
    ...rowSite(false),
    attributes: { window: windowOf([1, 3]), countPadding: false },
    outputShape: [1, 1, 1],
  };
  const call = { inputs: [x], output: x, gradient: Float32Array.of(6), batch: 1, wanted: [true] };
  const share = Math.fround(6 * Math.fround(1 / 3));
  assert.equal([...averagePool.backward(all, call)[0]!], [share, share, share]);
});

test.run();
