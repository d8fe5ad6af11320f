import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { planMemory } from '#exporters';
import { skipBecause } from '#test-support';

import { heapPeakEnvironment } from './heap-peak/heap-peak.ts';
import { sequencePeak } from './sequence-memory.ts';
import { sequenceInput } from './sequence-network.ts';
import { recurrenceOf } from './sequence-trainee.ts';

const test = suite('bench/sequence-memory');

const counts = Object.keys(heapPeakEnvironment()).length > 0;
const onCounts = counts ? test : skipBecause(test, 'allocations are not counted here');

const cases = [
  { method: 'exact', cell: 'gru', steps: 48, hiddenSize: 64 },
  { method: 'exact', cell: 'lstm', steps: 320, hiddenSize: 48 },
  { method: 'gates', cell: 'gru', steps: 96, hiddenSize: 64 },
  { method: 'truncated', cell: 'lstm', steps: 96, hiddenSize: 96 },
  { method: 'int8-backprop', cell: 'lstm', steps: 48, hiddenSize: 64 },
] as const;

for (const { method, ...own } of cases) {
  const size = { ...own, features: 20, batch: 4 };
  onCounts(`${own.cell}, ${own.steps} steps, ${method}: planned is what is counted`, async () => {
    const { peakLearnBytes } = planMemory(sequenceInput(size, recurrenceOf(method, size)));
    const ratio = peakLearnBytes / (await sequencePeak(method, size, 1));
    assert.ok(ratio > 0.85 && ratio < 1.15, `planned over counted: ${ratio}`);
  });
}

test.run();
