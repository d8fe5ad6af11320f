// One point of a growth curve, in a process of its own: a request as JSON on standard input, the peak or the time
// of a step as JSON on standard output.
import { text } from 'node:stream/consumers';

import { assemble } from '#exporters';
import { oneHot, sizeOf } from '#runtime';

import { openCheckpointedNetwork } from '../checkpointed-network.ts';
import { openFloatNetwork } from '../float-network.ts';
import { noise, preparedNetwork } from '../networks.ts';
import { openOnward } from '../onward-trainee.ts';
import { median, peakOfSteps } from '../personalize.ts';
import type { Trainee } from '../personalize.ts';
import { withInfinity } from '../with-infinity.ts';
import type { GrowthWork } from './axes.ts';
import type { GrowthArm } from './measure.ts';

export interface PointRequest extends GrowthWork {
  readonly arm: GrowthArm;
  readonly measures: 'memory' | 'time';
}

async function open({ network, batchSize, arm }: PointRequest): Promise<Trainee> {
  const prepared = preparedNetwork(network);
  if (arm === 'full backprop, float32') return openFloatNetwork(prepared.float);
  if (arm === 'checkpointed backprop, float32') return openCheckpointedNetwork(prepared.float);
  const plans = {
    onward: {},
    'exact replay': { rule: 'exact-replay' },
    'int8 backprop': { tail: prepared.modules.length },
  } as const;
  return openOnward(assemble(prepared, { plan: { ...plans[arm], batchSize } }));
}

const request = JSON.parse(await text(process.stdin), withInfinity) as PointRequest;
const { network, batchSize } = request;
await using trainee = await open(request);
const x = noise(batchSize * sizeOf(network.inputShape), 5);
const y = Uint8Array.from({ length: batchSize }, (_, index) => index % trainee.classes);

async function medianTime(): Promise<number> {
  const images = trainee.prepare(x);
  const targets = oneHot(y, [...y.keys()], trainee.classes);
  const times: number[] = [];
  for (let step = 0; step < 12; step++) {
    const started = performance.now();
    await trainee.learn(images, targets, { rate: 0, clip: 0.02, step, seed: 0 });
    if (step > 1) times.push(performance.now() - started);
  }
  return median(times);
}

const result =
  request.measures === 'time'
    ? await medianTime()
    : await peakOfSteps(trainee, { x, y }, batchSize);
process.stdout.write(JSON.stringify(result));
