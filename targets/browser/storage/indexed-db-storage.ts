// What was learned, in IndexedDB: a database per state, one record per file. Every change is one
// transaction, all or nothing, and waits until it is on disk where the browser can tell.
import { StateError } from '#runtime';
import type { Storage } from '#runtime';

const files = 'files';

/**
 * A storage under `name`, for this origin. Opens nothing yet. The lock is a Web Lock: it holds
 * against other tabs and workers and is gone with its page, so pages must come by https or localhost.
 */
export function openIndexedDbStorage(name: string): Storage {
  const database = `onward:${name}`;
  return {
    read: (file) =>
      inTransaction(database, { file, mode: 'readonly' }, async (store) => {
        const found: unknown = await settled(store.get(file));
        return found instanceof Uint8Array ? found : null;
      }),
    append: (file, bytes) =>
      inTransaction(database, { file, mode: 'readwrite' }, async (store) => {
        const found: unknown = await settled(store.get(file));
        const before = found instanceof Uint8Array ? found : new Uint8Array(0);
        const after = new Uint8Array(before.length + bytes.length);
        after.set(before);
        after.set(bytes, before.length);
        await settled(store.put(after, file));
      }),
    replace: (file, bytes) =>
      inTransaction(database, { file, mode: 'readwrite' }, async (store) => {
        await settled(store.put(new Uint8Array(bytes), file));
      }),
    remove: (file) =>
      inTransaction(database, { file, mode: 'readwrite' }, async (store) => {
        await settled(store.delete(file));
      }),
    list: () =>
      inTransaction(database, { file: 'files', mode: 'readonly' }, async (store) =>
        (await settled(store.getAllKeys())).map(String),
      ),
    lock: () => takeLock(database),
  };
}

/** Forgets everything under `name`; resolves when it is gone. */
export async function deleteIndexedDbStorage(name: string): Promise<void> {
  await settled(indexedDB.deleteDatabase(`onward:${name}`));
}

interface Access {
  /** Named in errors. */
  readonly file: string;
  readonly mode: IDBTransactionMode;
}

// The connection lives for one access, so that none keeps a newer page from opening or deleting it.
async function inTransaction<Result>(
  database: string,
  { file, mode }: Access,
  work: (store: IDBObjectStore) => Promise<Result>,
): Promise<Result> {
  let connection: IDBDatabase | null = null;
  try {
    connection = await openDatabase(database);
    const transaction = connection.transaction(files, mode, { durability: 'strict' });
    const done = completed(transaction);
    const [result] = await Promise.all([work(transaction.objectStore(files)), done]);
    return result;
  } catch (cause) {
    const isFull = cause instanceof DOMException && cause.name === 'QuotaExceededError';
    const cure = isFull ? 'free space for this site' : 'allow this site to store data';
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new StateError(
      `${file}: expected to ${mode === 'readonly' ? 'read' : 'write'} it in the browser's storage, got ${reason}; ${cure}`,
      { cause },
    );
  } finally {
    connection?.close();
  }
}

function openDatabase(name: string): Promise<IDBDatabase> {
  const request = indexedDB.open(name, 1);
  request.addEventListener('upgradeneeded', () => request.result.createObjectStore(files));
  return settled(request);
}

function settled<Result>(request: IDBRequest<Result>): Promise<Result> {
  return new Promise((resolve, reject) => {
    request.addEventListener('success', () => resolve(request.result));
    request.addEventListener('error', () => reject(request.error ?? new Error('no reason given')));
  });
}

function completed(transaction: IDBTransaction): Promise<void> {
  return new Promise((resolve, reject) => {
    transaction.addEventListener('complete', () => resolve());
    transaction.addEventListener('abort', () =>
      reject(transaction.error ?? new Error('an aborted transaction')),
    );
  });
}

async function takeLock(name: string): Promise<AsyncDisposable> {
  if (!('locks' in navigator)) {
    throw new StateError(
      'state: expected Web Locks, got none; open the page by https or on localhost',
    );
  }
  return new Promise((resolve, reject) => {
    const request = navigator.locks.request(name, { ifAvailable: true }, (lock) => {
      if (lock === null) {
        throw new StateError(
          'state: expected a free storage, got one in use by another learner, here or in another tab; close that one first',
        );
      }
      return new Promise<void>((release) => {
        resolve({
          async [Symbol.asyncDispose]() {
            release();
            await request.catch(() => undefined);
          },
        });
      });
    });
    request.catch(reject);
  });
}
