// Opens what an arm trains, in this process.
import { readFileSync } from 'node:fs';

import type { PackageContent } from '#runtime';

import { decode } from '../targets/raspberry-pi/package-file.ts';
import type { ArmRequest } from './arm-request.ts';
import { armNamed } from './arms.ts';
import { openCheckpointedNetwork } from './checkpointed-network.ts';
import { dividing, floatBaseOf } from './float-model.ts';
import { openFloatNetwork } from './float-network.ts';
import { openNearestNeighbours } from './nearest-neighbours.ts';
import { openOnward } from './onward-trainee.ts';
import type { Trainee } from './personalize.ts';
import { taskNamed } from './tasks/table.ts';

/** The caller disposes it. */
export async function openArm(
  request: Pick<ArmRequest, 'task' | 'arm' | 'owner' | 'file' | 'setting'>,
): Promise<Trainee> {
  const { method } = armNamed(request.arm);
  if (method.kind === 'float') {
    const { model, unit } = floatBaseOf(taskNamed(request.task).baseModel(request.owner));
    const open = method.checkpoints ? openCheckpointedNetwork : openFloatNetwork;
    return dividing(await open(model), unit);
  }
  const content = await read(request);
  return method.kind === 'nearest'
    ? openNearestNeighbours(content, request.setting)
    : openOnward(content);
}

async function read({ file, arm }: Pick<ArmRequest, 'file' | 'arm'>): Promise<PackageContent> {
  if (file === null) throw new TypeError(`${arm}: expected a package, got none`);
  return decode(new Uint8Array(readFileSync(file)));
}
