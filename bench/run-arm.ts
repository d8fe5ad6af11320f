import type { ArmRequest, ArmResult } from './arm-request.ts';
import { runChild } from './child-process.ts';
import type { Personalized } from './personalize.ts';

/** Runs one arm twice in fresh processes: a few steps for its memory, the whole course for the rest. */
export async function runArm(request: ArmRequest): Promise<ArmResult> {
  const child = { file: './arm-process.ts', input: JSON.stringify(request) };
  const { peakBytes } = await runChild<Pick<ArmResult, 'peakBytes'>>({
    ...child,
    args: ['memory'],
    measures: 'memory',
  });
  const personalized = await runChild<Personalized>({
    ...child,
    args: ['course'],
    measures: 'time',
  });
  return { ...personalized, peakBytes };
}
