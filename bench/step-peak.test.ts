import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { runChild } from './child-process.ts';

const test = suite('bench/step-peak');

/** What V8 allocates in a step that does nothing else. */
const ownNeeds = 2 ** 17;

test('the peak is that of a usual step: garbage before it and a step that allocated more do not count', async () => {
  const { steps, peakBytes } = await runChild<{ steps: number; peakBytes: number }>({
    file: './step-peak-process.ts',
    args: [],
    measures: 'memory',
  });
  assert.ok(steps > 5, `${steps} steps`);
  assert.ok(Math.abs(peakBytes - 2 ** 20) < ownNeeds, `${peakBytes}`);
});

test.run();
