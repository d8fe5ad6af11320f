// Opens what learns at one point of a growth curve, with the batch that it learns from.
import { assemble } from '#exporters';
import type { PreparedModel } from '#exporters';
import type { Graph } from '#runtime';

import { openCheckpointedNetwork } from '../checkpointed-network.ts';
import { openFloatNetwork } from '../float-network.ts';
import { noise, preparedNetwork } from '../networks.ts';
import { openOnward } from '../onward-trainee.ts';
import type { Trainee } from '../personalize.ts';
import { openSequenceTrainee } from '../sequence-trainee.ts';
import type { LabelledSamples } from '../tasks/task.ts';
import type { GrowthWork } from './axes.ts';

export interface OpenWork {
  /** The caller disposes it. */
  readonly trainee: Trainee;
  /** One batch. */
  readonly samples: LabelledSamples;
}

export async function openWork(work: GrowthWork): Promise<OpenWork> {
  const isSequence = work.kind === 'sequence';
  const trainee = isSequence
    ? await openSequenceTrainee(work.method, work.size)
    : await openNetwork(work);
  const batch = isSequence ? work.size.batch : work.batchSize;
  const x = noise(batch * trainee.sampleSize, 5);
  const y = Uint8Array.from({ length: batch }, (_, index) => index % trainee.classes);
  return { trainee, samples: { x, y } };
}

async function openNetwork({
  network,
  batchSize,
  arm,
}: Extract<GrowthWork, { kind: 'network' }>): Promise<Trainee> {
  const prepared = prepareOnce(network);
  if (arm === 'full backprop, float32') return openFloatNetwork(prepared.float);
  if (arm === 'checkpointed backprop, float32') return openCheckpointedNetwork(prepared.float);
  const plans = {
    onward: {},
    'exact replay': { rule: 'exact-replay' },
    'int8 backprop': { tail: prepared.modules.length },
  } as const;
  return openOnward(assemble(prepared, { plan: { ...plans[arm], batchSize } }));
}

/** The last one asked for: arms that are timed together have the same network. */
let known: { readonly key: string; readonly prepared: PreparedModel } | null = null;

function prepareOnce(network: Graph): PreparedModel {
  const key = JSON.stringify(network);
  if (known?.key !== key) known = { key, prepared: preparedNetwork(network) };
  return known.prepared;
}
