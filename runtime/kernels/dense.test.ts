import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { dense } from './dense.ts';
import type { Site } from './site.ts';

const test = suite('runtime/kernels/dense');

/** [2, 1, 2] -> 2 outputs; weights are read in the order of the input: height, width, channel. */
const site: Site<'dense'> = {
  index: 0,
  name: 'dense1',
  operator: 'dense',
  attributes: { outputChannels: 2, clamp: null },
  inputs: [0],
  inputShapes: [[2, 1, 2]],
  outputShape: [1, 1, 2],
  inputQuantization: [{ scale: 0.5, zeroPoint: 1 }],
  outputQuantization: { scale: 1, zeroPoint: 128 },
  parameters: {
    weights: Int8Array.of(1, 2, 3, 4, -1, 0, 0, 1),
    bias: Int32Array.of(2, 0),
    weightScales: Float32Array.of(1, 2),
  },
  lookup: null,
};
const x = Uint8Array.of(2, 3, 4, 5); // real 0.5 1 1.5 2

test('an output is the sum over the flattened input', () => {
  // (1 + 4 + 9 + 16 + 2) / 2 and (-1 + 4) / 2 * 2
  assert.equal([...dense.forward(site, [x], 1)], [128 + 16, 128 + 3]);
});

test('logits keep the fraction', () => {
  const { parameters } = site;
  const odd = { ...parameters!, bias: Int32Array.of(1, 0) };
  const logits = dense.logits({ ...site, outputQuantization: null, parameters: odd }, x, 1);
  assert.equal([...logits], [15.5, 3]);
});

test('the weight gradient is the outer product, summed over the batch', () => {
  const errors = Float32Array.of(255, 0, 0, 1);
  const two = Uint8Array.of(2, 3, 4, 5, 11, 1, 1, 1);
  assert.equal(dense.weightGradient(site, two, errors, 2), {
    weights: Int32Array.of(255, 510, 765, 1020, 10, 0, 0, 0),
    bias: Int32Array.of(255, 1),
    errorScale: 1,
  });
});

test('the input gradient is in real units, weight scales included', () => {
  const call = { inputs: [x], output: new Uint8Array(2), batch: 1, wanted: [true] };
  // h = g * s_w = [15, 240], one quantum is 240 / 255
  const [gradient] = dense.backward(site, { ...call, gradient: Float32Array.of(15, 120) });
  const quantum = Math.fround(240 / 255);
  const expected = [16 - 255, 32, 48, 64 + 255].map((sum) => Math.fround(sum * quantum));
  assert.equal([...gradient!], expected);
});

test('nothing is computed for an input whose gradient nobody wants', () => {
  const call = { inputs: [x], output: new Uint8Array(2), batch: 1, wanted: [false] };
  assert.equal(dense.backward(site, { ...call, gradient: new Float32Array(2) }), [null]);
});

test.run();
