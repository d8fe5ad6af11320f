// onward/browser for pages without a bundler: one file, put on the page by a script tag, classic or
// module, that sets `onward`. A worker of that same file teaches, so there is nothing else to find.
import { openLearner as open } from './open-learner.ts';
import type { OpenOptions } from './open-learner.ts';

export interface Onward {
  readonly openLearner: typeof open;
}

declare global {
  /** Set by dist/onward-browser.js. */
  var onward: Onward;
}

const workerName = 'onward-lesson';

/** As openLearner of onward/browser; the worker is this file, from wherever it was loaded. */
function openLearner(
  source: string | Uint8Array,
  { lessons = 'worker', ...options }: OpenOptions = {},
): ReturnType<typeof open> {
  return open(source, { ...options, lessons: lessons === 'worker' ? ownWorker : lessons });
}

/** While this file runs first: a classic script is told its URL, a module's stands in the stack. */
function findOwnUrl(): string | null {
  const script = globalThis.document?.currentScript;
  if (script !== null && script !== undefined && 'src' in script) return script.src;
  const { stack = '' } = new Error('where');
  return /\b(?:https?|file|blob):\S+?(?=:\d+:\d+)/.exec(stack)?.[0] ?? null;
}

const ownUrl = findOwnUrl();

function ownWorker(): Worker {
  if (ownUrl === null) throw new Error("the script's own URL is unknown");
  const options = { name: workerName };
  if (new URL(ownUrl).origin === location.origin) return new Worker(ownUrl, options);
  // Workers of another origin are refused; one of this origin may import from there.
  const text = `importScripts(${JSON.stringify(ownUrl)})`;
  const url = URL.createObjectURL(new Blob([text], { type: 'text/javascript' }));
  try {
    return new Worker(url, options);
  } finally {
    setTimeout(() => URL.revokeObjectURL(url), 10_000);
  }
}

if (globalThis.document === undefined && self.name === workerName) {
  void import('./lesson-worker.ts');
} else {
  globalThis.onward = { openLearner };
}
