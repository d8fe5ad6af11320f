// The worker of one lesson: opens an engine on a copy of the weights, teaches, answers, is ended.
import { OnwardError } from '#runtime';
import type { LessonOptions, LessonProgress, Teach } from '#runtime';

import { decode } from './package-file.ts';
import { teachHere } from './teach.ts';

export type LessonRequest = Parameters<Teach>[0] & {
  readonly packageBytes: Uint8Array;
  readonly options: Omit<LessonOptions, 'signal' | 'onProgress'>;
};

export type LessonMessage =
  | { readonly kind: 'ready' }
  | { readonly kind: 'fallback'; readonly reason: string }
  | { readonly kind: 'peak'; readonly bytes: number }
  | { readonly kind: 'progress'; readonly progress: LessonProgress }
  | { readonly kind: 'done'; readonly outcome: Awaited<ReturnType<Teach>> }
  | { readonly kind: 'failed'; readonly code: string; readonly message: string };

const signal = { aborted: false };

async function work({ packageBytes, options, ...request }: LessonRequest): Promise<void> {
  try {
    const content = await decode(packageBytes);
    const teach = teachHere(content, {
      onFallback: (reason) => send({ kind: 'fallback', reason }),
      onPeakBytes: (bytes) => send({ kind: 'peak', bytes }),
    });
    const outcome = await teach(request, {
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
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- windows have origins, workers none
  globalThis.postMessage(message);
}

globalThis.addEventListener('message', ({ data }: MessageEvent<LessonRequest | 'abort'>) => {
  if (data === 'abort') signal.aborted = true;
  else void work(data);
});
send({ kind: 'ready' });
