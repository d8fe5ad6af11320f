import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { InputError } from '../errors.ts';
import { quantizeSamples } from './input.ts';
import type { SampleFormat } from './input.ts';

const test = suite('runtime/learning/input');

const plain: SampleFormat = {
  shape: [1, 2, 2],
  quantization: { scale: 0.5, zeroPoint: 10 },
  description: { layout: 'nhwc', mean: [], deviation: [] },
};

test('values are rounded half to even and clamped', () => {
  assert.equal([...quantizeSamples([0.25, 0.75, -100, 1000], plain)], [10, 12, 0, 255]);
});

test('channels are normalised by their own mean and deviation', () => {
  const format = {
    ...plain,
    description: { layout: 'nhwc', mean: [1, 2], deviation: [1, 2] },
  } as const;
  assert.equal([...quantizeSamples([2, 4, 1, 2], format)], [12, 12, 10, 10]);
});

test('a planar sample is turned into rows of channels', () => {
  const format = { ...plain, description: { layout: 'nchw', mean: [], deviation: [] } } as const;
  assert.equal([...quantizeSamples([0, 0.5, 1, 1.5], format)], [10, 12, 11, 13]);
});

test('a value that is not finite is refused with sample and position', () => {
  assert.throws(
    () => quantizeSamples([0, 0, 0, 0, 0, Number.NaN, 0, 0], plain),
    (error: unknown) =>
      error instanceof InputError &&
      error.message === 'samples[1]: expected finite numbers, got NaN at position 1',
  );
});

test('a wrong length is refused with the shape', () => {
  assert.throws(
    () => quantizeSamples([1, 2, 3], plain),
    /multiple of 4 values \(1x2x2, nhwc\), got 3/,
  );
  assert.throws(() => quantizeSamples([], plain), /got 0/);
});

test.run();
