// Lessons in a worker thread: ONNX Runtime blocks the event loop while it runs, and the owner's
// program should not. One thread per lesson, so that everything it held is gone with it.
import { Worker } from 'node:worker_threads';

import { EngineError, errorOf } from '#runtime';
import type { LessonOptions, Teach } from '#runtime';

import type { LessonMessage, LessonRequest } from './lesson-worker.ts';

const workerFile = import.meta.url.endsWith('.ts')
  ? sourceEntry(new URL('./lesson-worker.ts', import.meta.url))
  : new URL('./lesson-worker.js', import.meta.url);

/** Teaches in a thread of its own. `packageBytes` is copied to it; parameters come back as copies. */
export function teachInThread(packageBytes: Uint8Array, threads: number): Teach {
  return (request, { signal, onProgress, ...options }) =>
    new Promise((resolve, reject) => {
      const workerData: LessonRequest = { ...request, packageBytes, threads, options };
      const worker = new Worker(workerFile, { workerData });
      const watch = signal === undefined ? undefined : watchSignal(signal, worker);
      const finish = (settle: () => void): void => {
        clearInterval(watch);
        void worker.terminate();
        settle();
      };
      worker.on('message', (message: LessonMessage) => {
        switch (message.kind) {
          case 'progress':
            void onProgress?.(message.progress);
            break;
          case 'done':
            finish(() => resolve(message.outcome));
            break;
          case 'failed':
            finish(() => reject(errorOf(message.code, message.message)));
            break;
          default:
            message satisfies never;
        }
      });
      worker.on('error', (cause) =>
        finish(() =>
          reject(
            new EngineError(
              `lesson: expected the learning thread to finish, got ${cause.message}; the weights from before the lesson stand`,
              { cause },
            ),
          ),
        ),
      );
      worker.on('exit', (code) =>
        finish(() =>
          reject(
            new EngineError(
              `lesson: expected the learning thread to finish, got exit code ${code}; the weights from before the lesson stand`,
            ),
          ),
        ),
      );
    });
}

// A signal cannot cross to a thread; its state can.
function watchSignal(signal: NonNullable<LessonOptions['signal']>, worker: Worker): NodeJS.Timeout {
  return setInterval(() => {
    if (signal.aborted) worker.postMessage('abort');
  }, 20);
}

// From sources (tests, benchmarks): Node 20 does not pass the hooks that read TypeScript on to threads.
function sourceEntry(file: URL): URL {
  const hooks = JSON.stringify(import.meta.resolve('tsx/esm/api'));
  const code = `import { register } from ${hooks}; register(); await import('${file.href}');`;
  return new URL(`data:text/javascript,${encodeURIComponent(code)}`);
}
