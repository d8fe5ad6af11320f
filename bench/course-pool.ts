// Many owners, many ways to learn, in two processes that take the next request as they finish one. Finished runs
// are kept, so that a benchmark that was stopped takes up where it was.
import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

import type { ArmRequest } from './arm-request.ts';
import type { CourseReply } from './course-process.ts';
import { KeptRuns } from './kept-runs.ts';
import type { Personalized } from './personalize.ts';
import { twoAtATime } from './two-at-a-time.ts';

const execArgv = ['--conditions=source', '--import', 'tsx'];

/** Starts its processes when there is something to run, and ends them when it is disposed of. */
export class CoursePool implements Disposable {
  readonly #processes = [new CourseProcess(), new CourseProcess()];
  readonly #idle = [...this.#processes];
  readonly #kept = new KeptRuns();

  /** Results in the order of the requests; `onDone` after each. */
  async run(
    requests: readonly ArmRequest[],
    onDone: (done: number) => void = () => {},
  ): Promise<Personalized[]> {
    let done = 0;
    return twoAtATime(requests, async (request) => {
      const result = await this.#kept.get(request, () => this.#ask(request));
      onDone(++done);
      return result;
    });
  }

  async #ask(request: ArmRequest): Promise<Personalized> {
    const process = this.#idle.pop()!;
    try {
      return await process.ask(request);
    } finally {
      this.#idle.push(process);
    }
  }

  [Symbol.dispose](): void {
    for (const process of this.#processes) process[Symbol.dispose]();
  }
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
