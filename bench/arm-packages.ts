// The package of each arm: one prepared model, many plans.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { affordableTail, assemble, encodePackage } from '#exporters';
import type { PreparedModel } from '#exporters';

import { sha256 } from '../targets/raspberry-pi/package-file.ts';
import type { Arm } from './arms.ts';

/** Writes the arm's package to `folder` and returns its path. `seed` draws random feedback. */
export async function writeArmPackage(
  prepared: PreparedModel,
  arm: Arm,
  { folder, batchSize, seed }: { folder: string; batchSize: number; seed: number },
): Promise<string> {
  const { model, modules } = prepared;
  const tail = affordableTail(model.graph, modules, batchSize);
  const plan = arm.plan({ modules: modules.length, tail });
  const { alignment, ...assembled } = assemble(prepared, {
    plan: { ...plan, batchSize },
    feedback: { kind: arm.feedback === 'random' ? 'random' : 'calibrated', seed },
  });
  const provenance = {
    source: arm.name,
    sourceSha256: '0'.repeat(64),
    exporter: 'bench',
    calibrationSamples: prepared.labels.length,
    floatAccuracy: null,
    int8Accuracy: null,
    alignment,
  };
  const path = join(folder, `${arm.name.replaceAll(' ', '-')}-${batchSize}-${seed}.onward`);
  writeFileSync(path, await encodePackage({ ...assembled, provenance }, sha256));
  return path;
}
