import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { planMemory } from '#exporters';
import { skipBecause } from '#test-support';

import { heapPeakEnvironment } from './heap-peak/heap-peak.ts';
import { learningMemory } from './memory.ts';
import { sequencePeak } from './sequence-memory.ts';
import { sequenceInput } from './sequence-network.ts';

const test = suite('bench/float-memory');

const counts = Object.keys(heapPeakEnvironment()).length > 0;
const onCounts = counts ? test : skipBecause(test, 'allocations are not counted here');

/** Counted peaks move by a few kilobytes from one process to the next; what is planned leaves small nodes out. */
const tolerance = 0.1;

function assertNear(planned: number, counted: number): void {
  const ratio = planned / counted;
  assert.ok(Math.abs(ratio - 1) < tolerance, `planned over counted: ${ratio}`);
}

// Residual blocks at few samples, and weights that outweigh the values.
for (const network of ['resnet-8', 'ten convolutions'] as const) {
  onCounts(`${network}, float backpropagation: planned is what is counted`, async () => {
    const { plannedBytes, peakBytes } = await learningMemory(network, 'float-backprop', 4);
    assertNear(plannedBytes, peakBytes);
  });
}

for (const [cell, steps, hiddenSize] of [
  ['gru', 64, 96],
  ['lstm', 128, 32],
] as const) {
  onCounts(
    `${cell}, ${steps} steps, float backpropagation: planned is what is counted`,
    async () => {
      const size = { cell, steps, hiddenSize, features: 16, batch: 8 };
      const { backpropBytes } = planMemory(
        sequenceInput(size, { exactSteps: 8, earlier: 'exact' }),
      );
      assertNear(backpropBytes, await sequencePeak('float-backprop', size, 1));
    },
  );
}

test.run();
