import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { StateError } from '#runtime';

import {
  deleteIndexedDbStorage,
  openIndexedDbStorage,
} from '../../targets/browser/storage/indexed-db-storage.ts';
import { storageSuite } from '../support/storage-suite.ts';

let places = 0;

storageSuite('IndexedDB', async () => {
  const name = `place-${places++}`;
  return {
    open: () => openIndexedDbStorage(name),
    dispose: () => deleteIndexedDbStorage(name),
  };
});

const test = suite('targets/browser/storage');

test('states of other names are other files', async () => {
  await openIndexedDbStorage('one').replace('journal', Uint8Array.of(1));
  assert.is(await openIndexedDbStorage('two').read('journal'), null);
  await deleteIndexedDbStorage('one');
  await deleteIndexedDbStorage('two');
});

test('a lock of another tab counts, and ends with it', async () => {
  const frame = document.createElement('iframe');
  document.body.append(frame);
  const held = new Promise<void>((resolve) => {
    void frame
      .contentWindow!.navigator.locks.request('onward:shared', () => {
        resolve();
        return new Promise(() => {});
      })
      .catch(() => undefined);
  });
  await held;
  try {
    await openIndexedDbStorage('shared').lock();
    assert.unreachable('expected a StateError, got a lock');
  } catch (error) {
    assert.instance(error, StateError);
    assert.match((error as Error).message, /in use/);
  }
  frame.remove();
  const lock = await firstOf(() => openIndexedDbStorage('shared').lock());
  await lock[Symbol.asyncDispose]();
});

/** What `work` gives when it no longer throws; the browser takes a moment to end a page's locks. */
async function firstOf<Result>(work: () => Promise<Result>): Promise<Result> {
  for (let tries = 0; ; tries++) {
    try {
      return await work();
    } catch (error) {
      if (tries === 200) throw error;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }
}

test.run();
