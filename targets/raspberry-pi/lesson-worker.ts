// The thread of one lesson: opens an engine on a copy of the weights, teaches, answers, ends.
import { parentPort, workerData } from 'node:worker_threads';

import { OnwardError } from '#runtime';
import type { LessonOptions, LessonProgress, Teach } from '#runtime';

import { decode } from './package-file.ts';
import { teachHere } from './teach.ts';

export type LessonRequest = Parameters<Teach>[0] & {
  readonly packageBytes: Uint8Array;
  readonly threads: number;
  readonly options: Omit<LessonOptions, 'signal' | 'onProgress'>;
};

export type LessonMessage =
  | { readonly kind: 'progress'; readonly progress: LessonProgress }
  | { readonly kind: 'done'; readonly outcome: Awaited<ReturnType<Teach>> }
  | { readonly kind: 'failed'; readonly code: string; readonly message: string };

async function work({ packageBytes, threads, options, ...request }: LessonRequest): Promise<void> {
  const signal = { aborted: false };
  parentPort?.on('message', () => {
    signal.aborted = true;
  });
  try {
    const content = await decode(packageBytes);
    const outcome = await teachHere(content, threads)(request, {
      ...options,
      signal,
      onProgress: (progress) => send({ kind: 'progress', progress }),
    });
    send({ kind: 'done', outcome });
  } catch (error) {
    const code = error instanceof OnwardError ? error.code : 'engine';
    send({ kind: 'failed', code, message: error instanceof Error ? error.message : String(error) });
  }
}

function send(message: LessonMessage): void {
  parentPort?.postMessage(message);
}

await work(workerData as LessonRequest);
