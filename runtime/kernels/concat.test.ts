import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { concat } from './concat.ts';
import type { Site } from './site.ts';

const test = suite('runtime/kernels/concat');

const site: Site<'concat'> = {
  index: 1,
  name: 'concat1',
  operator: 'concat',
  attributes: {},
  inputs: [0, 1],
  inputShapes: [
    [2, 1, 1],
    [2, 1, 2],
  ],
  outputShape: [2, 1, 3],
  inputQuantization: [
    { scale: 0.5, zeroPoint: 7 },
    { scale: 0.25, zeroPoint: 128 },
  ],
  outputQuantization: { scale: 0.5, zeroPoint: 7 },
  parameters: null,
  lookup: null,
};

test('an input of the output scale is copied, another is scaled with halves to even', () => {
  const a = Uint8Array.of(0, 255);
  const b = Uint8Array.of(129, 131, 0, 255);
  // b: quanta 0.5 1.5 -64 63.5
  assert.equal([...concat.forward(site, [a, b], 1)], [0, 7, 9, 255, 0, 71]);
});

test('the gradient is cut where the channels were joined', () => {
  const gradient = Float32Array.of(1, 2, 3, 4, 5, 6);
  const call = { inputs: [], output: new Uint8Array(6), gradient, batch: 1 };
  const [a, b] = concat.backward(site, { ...call, wanted: [true, true] });
  assert.equal(
    [[...a!], [...b!]],
    [
      [1, 4],
      [2, 3, 5, 6],
    ],
  );
  assert.equal(concat.backward(site, { ...call, wanted: [false, true] })[0], null);
});

test.run();
