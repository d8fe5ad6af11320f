// Time of a learning step with one recurrent layer, each way in turn in one process: medians, of which only ratios
// say something.
import { oneHot } from '#runtime';

import { noise } from './networks.ts';
import { median } from './personalize.ts';
import type { SequenceSize } from './sequence-network.ts';
import { openSequenceTrainee } from './sequence-trainee.ts';
import type { SequenceMethod } from './sequence-trainee.ts';

/** Median milliseconds of a learning step, in the order of `methods`. */
export async function sequenceTimes(
  methods: readonly SequenceMethod[],
  size: SequenceSize,
  rounds: number,
): Promise<number[]> {
  const { steps, features, batch } = size;
  const x = noise(batch * steps * features, 5);
  const labels = Uint8Array.from({ length: batch }, (_, index) => index % 10);
  const targets = oneHot(labels, [...labels.keys()], 10);
  const rates = { rate: 0, clip: 0.02, step: 0, seed: 0 };
  const arms = await Promise.all(
    methods.map(async (method) => {
      const trainee = await openSequenceTrainee(method, size);
      return { trainee, images: trainee.prepare(x), times: [] as number[] };
    }),
  );
  for (let round = -1; round < rounds; round++) {
    for (const { trainee, images, times } of arms) {
      const started = performance.now();
      await trainee.learn(images, targets, rates);
      if (round >= 0) times.push(performance.now() - started);
    }
  }
  for (const { trainee } of arms) await trainee[Symbol.asyncDispose]();
  return arms.map(({ times }) => median(times));
}
