// Many owners, many ways to learn: each run in a process of its own, two at a time.
import type { ArmRequest } from './arm-request.ts';
import { runChild } from './child-process.ts';
import type { Personalized } from './personalize.ts';

/** Results in the order of the requests; `onDone` after each. */
export async function runCourses(
  requests: readonly ArmRequest[],
  onDone: (done: number) => void,
): Promise<Personalized[]> {
  const results: Personalized[] = Array.from({ length: requests.length });
  let next = 0;
  let done = 0;
  const worker = async (): Promise<void> => {
    for (let index = next++; index < requests.length; index = next++) {
      results[index] = await runChild<Personalized>({
        file: './arm-process.ts',
        args: ['course'],
        input: JSON.stringify(requests[index]),
        measures: 'time',
      });
      onDone(++done);
    }
  };
  await Promise.all([worker(), worker()]);
  return results;
}
