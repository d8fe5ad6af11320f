import { copyParameters, Learner, memoryStorage, oldExamples, openState } from '#runtime';
import type { Engine, LearnerParts } from '#runtime';

import { openOnnxRuntimeEngine } from './engine/onnx-runtime-engine.ts';
import { teachInThread } from './lesson-thread.ts';
import { decode, readBytes, sha256 } from './package-file.ts';
import { openFileStorage } from './storage/file-storage.ts';
import { engineInput, teachHere } from './teach.ts';

export interface OpenOptions {
  /** Folder for what is learned; created if missing. Without one, it is forgotten at the end. */
  readonly state?: string;
  /** Threads of ONNX Runtime; default 1. */
  readonly threads?: number;
  /** Where lessons run; default `thread`, so that the event loop stays free. */
  readonly lessons?: 'thread' | 'here';
  /** Most bytes of old examples to keep, for rehearsal and to judge lessons by; default 256 KiB. */
  readonly rehearsalBytes?: number;
}

/**
 * Opens a package, by path or bytes, with what was learned in `state` before. Dispose the learner to
 * give memory and the state's lock back. Throws FormatError for a damaged or foreign file, StateError
 * for a state of another package or one in use.
 */
export async function openLearner(
  source: string | Uint8Array,
  { state: directory, threads = 1, lessons = 'thread', rehearsalBytes }: OpenOptions = {},
): Promise<Learner> {
  const bytes = typeof source === 'string' ? await readBytes(source) : source;
  const content = await decode(bytes);
  const parameters = copyParameters(content.model.layers);
  const storage = directory === undefined ? memoryStorage() : openFileStorage(directory);
  const packageId = await sha256(bytes);
  const state = await openState(storage, {
    packageId,
    parameters,
    examples: oldExamples(content),
    now: () => Date.now(),
  });
  try {
    const openEngine = (own: LearnerParts['parameters']): Promise<Engine> =>
      openOnnxRuntimeEngine(engineInput(content, own), { threads });
    const engine = await openEngine(parameters);
    const teach =
      lessons === 'thread' ? teachInThread(bytes, threads) : teachHere(content, threads);
    return new Learner({ content, engine, parameters, teach, openEngine, state, rehearsalBytes });
  } catch (error) {
    await state[Symbol.asyncDispose]();
    throw error;
  }
}
