// What steps of several arms cost, in a process of its own: requests as JSON on standard input, one cost each on
// standard output. The arms take turns, A B C, A B C, ..., so that whoever else uses the machine is shared by all.
import { text } from 'node:stream/consumers';

import { oneHot } from '#runtime';

import type { ArmRequest } from './arm-request.ts';
import { openEnergyCounter } from './joules.ts';
import { openArm } from './open-arm.ts';
import { median } from './personalize.ts';
import { taskNamed } from './tasks/table.ts';

export interface StepCost {
  readonly msPerStep: number;
  readonly joulesPerStep: number | null;
  readonly joulesMissing: string | null;
}

const { requests, rounds } = JSON.parse(await text(process.stdin)) as {
  requests: readonly ArmRequest[];
  rounds: number;
};
const task = taskNamed(requests[0]!.task);
const { train } = task.data(requests[0]!.owner);
const energy = openEnergyCounter();

const contenders = [];
for (const request of requests) {
  const trainee = await openArm(request);
  const x = trainee.prepare(train.x.subarray(0, task.batchSize * trainee.sampleSize));
  const first = Array.from({ length: task.batchSize }, (_, index) => index);
  const targets = oneHot(train.y, first, trainee.classes);
  contenders.push({ trainee, x, targets, times: [] as number[], joules: [] as number[] });
}
// Weights do not change: the rate is 0. The first two rounds warm up.
for (let round = -2; round < rounds; round++) {
  for (const { trainee, x, targets, times, joules } of contenders) {
    const [energyBefore, started] = [energy.read?.() ?? 0, performance.now()];
    await trainee.learn(x, targets, { rate: 0, clip: 0.02, step: 0, seed: 0 });
    if (round < 0) continue;
    times.push(performance.now() - started);
    joules.push((energy.read?.() ?? 0) - energyBefore);
  }
}
const costs = contenders.map(({ times, joules }): StepCost => ({
  msPerStep: median(times),
  joulesPerStep: energy.read === null ? null : median(joules),
  joulesMissing: energy.missing,
}));
for (const { trainee } of contenders) await trainee[Symbol.asyncDispose]();
process.stdout.write(JSON.stringify(costs));
