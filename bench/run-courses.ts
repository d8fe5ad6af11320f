// Many owners, many ways to learn, in two processes that take the next request as they finish one. Finished runs
// are kept, so that a benchmark that was stopped takes up where it was.
import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

import type { ArmRequest } from './arm-request.ts';
import type { CourseReply } from './course-process.ts';
import type { KeptRuns } from './kept-runs.ts';
import type { Personalized } from './personalize.ts';

const execArgv = ['--conditions=source', '--import', 'tsx'];

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
    using process = new CourseProcess();
    for (let index = next++; index < requests.length; index = next++) {
      const request = requests[index]!;
      results[index] = await kept.get(request, () => process.ask(request));
      onDone(++done);
    }
  };
  await Promise.all([worker(), worker()]);
  return results;
}

class CourseProcess implements Disposable {
  #child: ChildProcess | null = null;

  /** Starts at the first request. One request at a time. */
  async ask(request: ArmRequest): Promise<Personalized> {
    const what = `${request.task}, ${request.arm}, user ${request.owner.user}`;
    const child = (this.#child ??= fork(
      fileURLToPath(new URL('./course-process.ts', import.meta.url)),
      { execArgv },
    ));
    const waiting = new AbortController();
    const { signal } = waiting;
    const replied = once(child, 'message', { signal }) as Promise<[CourseReply]>;
    const ended = once(child, 'exit', { signal }).then(([code]): never => {
      throw new Error(`${what}: the process ended with ${String(code)}`);
    });
    child.send(request);
    try {
      const [{ result, error }] = await Promise.race([replied, ended]);
      if (error !== null) throw new Error(`${what}: ${error}`);
      return result;
    } finally {
      waiting.abort();
    }
  }

  [Symbol.dispose](): void {
    this.#child?.disconnect();
  }
}
