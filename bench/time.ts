// Time of a learning step, Onward and float32 backpropagation in turn in one process: ratios of
// medians, since absolute times depend on the machine and on who else uses it.
import { assemble } from '#exporters';
import { oneHot, sizeOf } from '#runtime';

import { openFloatNetwork } from './float-network.ts';
import { networks, noise } from './networks.ts';
import type { NetworkName } from './networks.ts';
import { openOnward } from './onward-trainee.ts';
import { median } from './personalize.ts';

export interface StepTimes {
  readonly onwardMs: number;
  readonly int8BackpropMs: number;
  readonly exactReplayMs: number;
  readonly floatBackpropMs: number;
}

/** Medians over `rounds` rounds A B C D, A B C D, ... after one to warm up. */
export async function stepTimes(
  network: NetworkName,
  batchSize: number,
  rounds = 15,
): Promise<StepTimes> {
  const prepared = networks[network]();
  const modules = prepared.modules.length;
  const plans = [{}, { tail: modules }, { rule: 'exact-replay' }] as const;
  const trainees = [
    ...(await Promise.all(
      plans.map((plan) => openOnward(assemble(prepared, { plan: { ...plan, batchSize } }))),
    )),
    await openFloatNetwork(prepared.float),
  ];
  const x = noise(batchSize * sizeOf(prepared.model.graph.inputShape), 5);
  const labels = Array.from({ length: batchSize }, (_, index) => index % 10);
  const targets = oneHot(labels, [...labels.keys()], 10);
  const images = trainees.map((trainee) => trainee.prepare(x));
  const times = trainees.map((): number[] => []);
  for (let round = 0; round <= rounds; round++) {
    for (const [index, trainee] of trainees.entries()) {
      const started = performance.now();
      await trainee.learn(images[index]!, targets, { rate: 0, clip: 0.02, step: 0, seed: 0 });
      if (round > 0) times[index]!.push(performance.now() - started);
    }
  }
  await Promise.all(trainees.map((trainee) => trainee[Symbol.asyncDispose]()));
  const [onwardMs, int8BackpropMs, exactReplayMs, floatBackpropMs] = times.map(median);
  return {
    onwardMs: onwardMs!,
    int8BackpropMs: int8BackpropMs!,
    exactReplayMs: exactReplayMs!,
    floatBackpropMs: floatBackpropMs!,
  };
}
