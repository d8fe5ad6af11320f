import type { ArmRequest, ArmResult } from './arm-request.ts';
import { runChild } from './child-process.ts';
import type { Personalized } from './personalize.ts';

/** Runs one arm twice in fresh processes: a few steps for its memory, the whole course for the rest. */
export async function runArm(request: ArmRequest): Promise<ArmResult> {
  const peakBytes = await armPeak(request);
  return { ...(await armCourse(request)), peakBytes };
}

export async function armPeak(request: ArmRequest): Promise<number> {
  const { peakBytes } = await runChild<Pick<ArmResult, 'peakBytes'>>({
    file: './arm-process.ts',
    args: ['memory'],
    input: JSON.stringify(request),
    measures: 'memory',
  });
  return peakBytes;
}

export function armCourse(request: ArmRequest): Promise<Personalized> {
  return runChild<Personalized>({
    file: './arm-process.ts',
    args: ['course'],
    input: JSON.stringify(request),
    measures: 'time',
  });
}
