import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import type { Progress } from './batches.ts';
import { batchesOf } from './batches.ts';

const test = suite('exporters/float/batches');

test('batches cover the samples in order and report progress after each', () => {
  const seen: Progress[] = [];
  const samples = Float32Array.of(0, 1, 2, 3, 4, 5, 6, 7, 8, 9);
  const options = { batchSize: 2, onProgress: (progress: Progress) => seen.push(progress) };
  const batches = [...batchesOf(samples, 2, options)];
  assert.equal(
    batches.map(({ first, batch, input }) => [first, batch, [...input]]),
    [
      [0, 2, [0, 1, 2, 3]],
      [2, 2, [4, 5, 6, 7]],
      [4, 1, [8, 9]],
    ],
  );
  assert.equal(seen, [
    { done: 2, total: 5 },
    { done: 4, total: 5 },
    { done: 5, total: 5 },
  ]);
});

test.run();
