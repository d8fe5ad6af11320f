import { copyParameters, Learner, memoryStorage, oldExamples, openState } from '#runtime';
import type { Engine, LearnerParts } from '#runtime';

import { openRevivingEngine } from './engine/reviving-engine.ts';
import { teachInWorker } from './lesson-in-worker.ts';
import { decode, fetchBytes, sha256 } from './package-file.ts';
import { openIndexedDbStorage } from './storage/indexed-db-storage.ts';
import { engineInput, teachHere } from './teach.ts';
import type { OnFallback } from './teach.ts';

export interface OpenOptions {
  /** Name of what is learned, kept in IndexedDB for this origin. Without one, it is forgotten with the page. */
  readonly state?: string;
  /**
   * Where lessons run; default `worker`, so that the page stays smooth. The worker is lesson-worker.js
   * beside this module; a function makes another, for bundlers that put it elsewhere.
   */
  readonly lessons?: 'worker' | 'here' | (() => Worker);
  /** Hears why the reference kernels compute instead of WebGL, or the page teaches instead of a worker. */
  readonly onFallback?: OnFallback;
  /** Hears after each lesson the most that it took on the GPU, weights included. */
  readonly onPeakBytes?: (bytes: number) => void;
  /** Most bytes of old examples to keep, for rehearsal and to judge lessons by; default 256 KiB. */
  readonly rehearsalBytes?: number;
}

/**
 * Opens a package, by URL or bytes, with what was learned in `state` before. Dispose the learner to
 * give memory and the state's lock back. Throws InputError for a URL that cannot be fetched,
 * FormatError for a damaged or foreign file, StateError for a state of another package or one in use.
 */
export async function openLearner(
  source: string | Uint8Array,
  {
    state: name,
    lessons = 'worker',
    onFallback = ignore,
    onPeakBytes = ignore,
    rehearsalBytes,
  }: OpenOptions = {},
): Promise<Learner> {
  const packageBytes = typeof source === 'string' ? await fetchBytes(source) : source;
  const content = await decode(packageBytes);
  const parameters = copyParameters(content.model.layers);
  const storage = name === undefined ? memoryStorage() : openIndexedDbStorage(name);
  const packageId = await sha256(packageBytes);
  const state = await openState(storage, {
    packageId,
    parameters,
    examples: oldExamples(content),
    now: () => Date.now(),
  });
  try {
    const openEngine = (own: LearnerParts['parameters']): Promise<Engine> =>
      openRevivingEngine(engineInput(content, own), (reason) => onFallback(reason, 'kernels'));
    const engine = await openEngine(parameters);
    const otherwise = teachHere(content, { onFallback, onPeakBytes });
    const createWorker = typeof lessons === 'function' ? lessons : lessonWorker;
    const teach =
      lessons === 'here'
        ? otherwise
        : teachInWorker({ createWorker, packageBytes, otherwise, onFallback, onPeakBytes });
    return new Learner({ content, engine, parameters, teach, openEngine, state, rehearsalBytes });
  } catch (error) {
    await state[Symbol.asyncDispose]();
    throw error;
  }
}

function lessonWorker(): Worker {
  return new Worker(new URL('./lesson-worker.js', import.meta.url), { type: 'module' });
}

function ignore(): void {}
