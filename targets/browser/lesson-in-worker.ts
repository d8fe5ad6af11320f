// Lessons in a worker: a step's draws take the page's thread a few milliseconds to queue, and an
// animation should not feel them. One worker per lesson, so that everything it held is gone with it.
import { EngineError, errorOf } from '#runtime';
import type { LessonOptions, Teach } from '#runtime';

import type { LessonMessage, LessonRequest } from './lesson-worker.ts';
import type { LessonListener } from './teach.ts';

export interface WorkerTeaching extends LessonListener {
  /** A new worker that runs lesson-worker. */
  readonly createWorker: () => Worker;
  readonly packageBytes: Uint8Array;
  /** Teaches where no worker starts. */
  readonly otherwise: Teach;
}

/** Teaches in a worker of its own, or by `otherwise` where none starts. */
export function teachInWorker({
  createWorker,
  packageBytes,
  otherwise,
  onFallback,
  onPeakBytes,
}: WorkerTeaching): Teach {
  return async (request, options) => {
    let worker: Worker;
    try {
      worker = await started(createWorker);
    } catch (error) {
      onFallback(
        `lesson: expected a worker to start, got ${messageOf(error)}; the page teaches itself`,
        'page',
      );
      return otherwise(request, options);
    }
    try {
      const { signal, onProgress, ...rest } = options;
      const message: LessonRequest = { ...request, packageBytes, options: rest };
      return await answered(worker, message, { signal, onProgress, onFallback, onPeakBytes });
    } finally {
      worker.terminate();
    }
  };
}

/** Resolves when the worker says that it is ready. */
function started(createWorker: () => Worker): Promise<Worker> {
  return new Promise((resolve, reject) => {
    const worker = createWorker();
    worker.addEventListener('message', () => resolve(worker), { once: true });
    worker.addEventListener(
      'error',
      (event) => {
        event.preventDefault();
        worker.terminate();
        reject(new Error(event.message || 'an error while loading'));
      },
      { once: true },
    );
  });
}

interface Listener extends LessonListener {
  readonly signal: LessonOptions['signal'] | undefined;
  readonly onProgress: LessonOptions['onProgress'] | undefined;
}

function answered(
  worker: Worker,
  request: LessonRequest,
  { signal, onProgress, onFallback, onPeakBytes }: Listener,
): ReturnType<Teach> {
  // A signal cannot cross to a worker; its state can.
  const watch = setInterval(() => {
    if (signal?.aborted === true) send(worker, 'abort');
  }, 20);
  const answer = new Promise<Awaited<ReturnType<Teach>>>((resolve, reject) => {
    worker.addEventListener('message', ({ data }: MessageEvent<LessonMessage>) => {
      switch (data.kind) {
        case 'ready':
          break;
        case 'fallback':
          onFallback(data.reason, 'kernels');
          break;
        case 'peak':
          onPeakBytes(data.bytes);
          break;
        case 'progress':
          void onProgress?.(data.progress);
          break;
        case 'done':
          resolve(data.outcome);
          break;
        case 'failed':
          reject(errorOf(data.code, data.message));
          break;
        default:
          data satisfies never;
      }
    });
    worker.addEventListener('error', ({ message }) =>
      reject(
        new EngineError(
          `lesson: expected the learning worker to finish, got ${message}; the weights from before the lesson stand`,
        ),
      ),
    );
    send(worker, request);
  });
  return answer.finally(() => clearInterval(watch));
}

function send(worker: Worker, message: LessonRequest | 'abort'): void {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- windows have origins, workers none
  worker.postMessage(message);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
