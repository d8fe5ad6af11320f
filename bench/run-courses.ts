// Many owners, many ways to learn: each run in a process of its own, two at a time. Finished runs are kept, so
// that a benchmark that was stopped takes up where it was.
import type { ArmRequest } from './arm-request.ts';
import type { KeptRuns } from './kept-runs.ts';
import type { Personalized } from './personalize.ts';
import { armCourse } from './run-arm.ts';

/** Results in the order of the requests; `onDone` after each. */
export async function runCourses(
  requests: readonly ArmRequest[],
  kept: KeptRuns,
  onDone: (done: number) => void,
): Promise<Personalized[]> {
  const results: Personalized[] = Array.from({ length: requests.length });
  let next = 0;
  let done = 0;
  const worker = async (): Promise<void> => {
    for (let index = next++; index < requests.length; index = next++) {
      const request = requests[index]!;
      results[index] = await kept.get(request, () => armCourse(request));
      onDone(++done);
    }
  };
  await Promise.all([worker(), worker()]);
  return results;
}
