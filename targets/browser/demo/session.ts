// The learner of this page and what it has learned: opened, forgotten, saved to a file and loaded.
import { copyParameters } from '#runtime';
import type { Learner } from '#runtime';

import { openLearner } from '../open-learner.ts';
import { decode, fetchBytes, sha256 } from '../package-file.ts';
import { deleteIndexedDbStorage, openIndexedDbStorage } from '../storage/indexed-db-storage.ts';
import { checkLearned, decodeLearned, encodeLearned, writeLearned } from './learned-file.ts';

const stateName = 'digits';

export interface Session {
  /** Another one after a reset or a load. */
  readonly learner: Learner;
  readonly engine: string;
  /** Why the kernels compute and not WebGL, or the page and not a worker; null where all is well. */
  readonly fallback: string | null;
  /** The most that the last lesson took on the GPU, weights included; null before one, and without GPU. */
  readonly peakBytes: number | null;
  forget(): Promise<void>;
  /** Bytes of a file that `load` takes. */
  save(): Promise<Uint8Array<ArrayBuffer>>;
  /** Replaces what was learned. Throws FormatError or StateError for other files; all is then as it was. */
  load(bytes: Uint8Array): Promise<void>;
}

export async function openSession(url: string, onFallback: () => void): Promise<Session> {
  const packageBytes = await fetchBytes(url);
  const packageId = await sha256(packageBytes);
  let fallback: string | null = null;
  let peakBytes: number | null = null;
  const open = (): Promise<Learner> =>
    openLearner(packageBytes, {
      state: stateName,
      onPeakBytes: (bytes) => void (peakBytes = bytes),
      onFallback(reason) {
        fallback = reason;
        onFallback();
      },
    });
  let learner = await open();

  /** Works on the state while no learner has it. */
  async function reopened(work: () => Promise<void>): Promise<void> {
    await learner[Symbol.asyncDispose]();
    try {
      await work();
    } finally {
      learner = await open();
    }
  }

  return {
    get learner() {
      return learner;
    },
    get engine() {
      return fallback?.startsWith('webgl') === true ? 'kernels' : 'webgl';
    },
    get fallback() {
      return fallback;
    },
    get peakBytes() {
      return peakBytes;
    },
    forget: () => reopened(() => deleteIndexedDbStorage(stateName)),
    save: () => encodeLearned(openIndexedDbStorage(stateName)),
    async load(bytes) {
      const files = decodeLearned(bytes);
      const { model } = await decode(packageBytes);
      await checkLearned(files, { packageId, parameters: copyParameters(model.layers) });
      await reopened(() => writeLearned(files, openIndexedDbStorage(stateName)));
    },
  };
}
