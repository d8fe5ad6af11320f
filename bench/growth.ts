// Ten thousand steps on the same weights: does anything pile up?
import { prepareModel } from '#exporters';
import { assemble } from '#exporters';
import { oneHot } from '#runtime';

import { openOnward } from './onward-trainee.ts';
import { calibrationSet } from './tasks/digit-users.ts';

export interface Growth {
  readonly steps: number;
  /** Resident memory after a tenth of the steps, and after all. */
  readonly earlyBytes: number;
  readonly lateBytes: number;
}

/** Learns `steps` batches of 4 digits with the default plan, in this process. */
export async function growthOverSteps(onnx: Uint8Array, steps: number): Promise<Growth> {
  const calibration = calibrationSet({ samples: 60 });
  await using trainee = await openOnward(assemble(prepareModel(onnx, { calibration })));
  const x = trainee.prepare(calibration.x.subarray(0, 4 * trainee.sampleSize));
  const targets = oneHot(calibration.y, [0, 1, 2, 3], trainee.classes);
  let earlyBytes = 0;
  for (let step = 0; step < steps; step++) {
    if (step === Math.floor(steps / 10)) earlyBytes = residentBytes();
    await trainee.learn(x, targets, { rate: 1e-5, clip: 0.02, step, seed: 1 });
  }
  return { steps, earlyBytes, lateBytes: residentBytes() };
}

function residentBytes(): number {
  globalThis.gc?.();
  return process.memoryUsage.rss();
}
