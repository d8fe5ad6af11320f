import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { measurePeak, samplePeak } from './peak-memory.ts';

const test = suite('targets/raspberry-pi/peak-memory');

const size = 64 * 2 ** 20;

test('memory that was used and given back counts', async () => {
  const { result, peakBytes } = await measurePeak(async () => {
    const block = Buffer.alloc(size, 1); // touched, so that it is resident
    return block.length;
  });
  assert.is(result, size);
  assert.ok(peakBytes > 0.8 * size, `got ${peakBytes}`);
  assert.ok(peakBytes < 2 * size, `got ${peakBytes}`);
});

test('a measurement does not see the peak of the one before', async () => {
  const { peakBytes } = await measurePeak(async () => 0);
  assert.ok(peakBytes < 0.5 * size, `got ${peakBytes}`);
});

test('what the work throws comes through', async () => {
  const work = measurePeak(async () => Promise.reject(new Error('no')));
  assert.is(await work.catch((error: Error) => error.message), 'no');
});

test('sampling gives at least what is resident at the end', () => {
  const finish = samplePeak();
  const block = Buffer.alloc(size, 1);
  assert.ok(finish() >= block.length);
});

test.run();
