import type { ArmRequest, ArmResult } from './arm-request.ts';
import { runChild } from './child-process.ts';
import { runCourse } from './run-course.ts';

/** Runs one arm: a few steps in a fresh process for its memory, the whole course in this one for the rest. */
export async function runArm(request: ArmRequest): Promise<ArmResult> {
  const peakBytes = await armPeak(request);
  return { ...(await runCourse(request)), peakBytes };
}

/** The most that is resident during steps over the opened model. */
export async function armPeak(request: ArmRequest): Promise<number> {
  const { peakBytes } = await runChild<Pick<ArmResult, 'peakBytes'>>({
    file: './arm-process.ts',
    args: [],
    input: JSON.stringify(request),
    measures: 'memory',
  });
  return peakBytes;
}
