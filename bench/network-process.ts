// Memory of one way to learn on one network, in a process of its own: argv is the network, the method and the
// batch; the answer is JSON on standard output. Started by memory.ts.
import { assemble, planMemory } from '#exporters';
import type { PreparedModel } from '#exporters';
import { sizeOf } from '#runtime';

import { openFloatNetwork } from './float-network.ts';
import { networks, noise } from './networks.ts';
import type { NetworkName } from './networks.ts';
import { openOnward } from './onward-trainee.ts';
import { peakOfSteps } from './personalize.ts';
import type { Trainee } from './personalize.ts';

export type Method = 'onward' | 'int8-backprop' | 'exact-replay' | 'float-backprop';

export interface MemoryResult {
  /** Resident over the opened network while learning. */
  readonly peakBytes: number;
  /** What the planner predicts for it. */
  readonly plannedBytes: number;
}

async function open(
  prepared: PreparedModel,
  method: Method,
  batchSize: number,
): Promise<{ trainee: Trainee; plannedBytes: number }> {
  const modules = prepared.modules.length;
  const plan = {
    onward: {},
    'exact-replay': { rule: 'exact-replay' },
    'int8-backprop': { tail: modules },
    'float-backprop': {},
  } as const;
  const content = assemble(prepared, { plan: { ...plan[method], batchSize } });
  const planned = planMemory(content);
  return method === 'float-backprop'
    ? { trainee: await openFloatNetwork(prepared.float), plannedBytes: planned.backpropBytes }
    : { trainee: await openOnward(content), plannedBytes: planned.peakLearnBytes };
}

const [network, method, batch] = process.argv.slice(2) as [NetworkName, Method, string];
const batchSize = Number(batch);
const prepared = networks[network]();
const { trainee, plannedBytes } = await open(prepared, method, batchSize);
const images = noise(batchSize * sizeOf(prepared.model.graph.inputShape), 5);
const y = Uint8Array.from({ length: batchSize }, (_, index) => index % 10);
const peakBytes = await peakOfSteps(trainee, { x: images, y }, batchSize);
await trainee[Symbol.asyncDispose]();
const result: MemoryResult = { peakBytes, plannedBytes };
process.stdout.write(JSON.stringify(result));
