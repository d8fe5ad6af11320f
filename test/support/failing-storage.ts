// Storages that fail on purpose, around one that does not.
import { StateError } from '#runtime';
import type { Storage } from '#runtime';

/** The power went: nothing after it is written, and nobody is told. */
export class PowerLoss extends Error {
  override readonly name = 'PowerLoss';
}

/** What a torn append leaves where bytes were to be: nothing, zeros, or other bytes. */
export type Tear = 'cut' | 'zeros' | 'noise';

export interface CrashingStorage extends Storage {
  /** Places passed so far at which a crash can be told from another. */
  readonly written: number;
}

/**
 * Loses power at the `limit`-th place: every byte of an append, and both sides of a replace and of a
 * removal. A replace cut short leaves the old file, as the contract of Storage says.
 */
export function crashingStorage(inner: Storage, limit: number, tear: Tear): CrashingStorage {
  let written = 0;
  const pass = (places: number): number => {
    const left = limit - written;
    written += places;
    return left;
  };
  const check = (): void => {
    if (written >= limit) throw new PowerLoss();
  };
  return {
    get written() {
      return written;
    },
    async read(name) {
      check();
      return inner.read(name);
    },
    async append(name, bytes) {
      check();
      const left = pass(bytes.length + 1);
      await inner.append(name, left > bytes.length ? bytes : torn(bytes, left, tear));
      check();
    },
    async replace(name, bytes) {
      check();
      if (pass(bytes.length + 2) > bytes.length) await inner.replace(name, bytes);
      check();
    },
    async remove(name) {
      check();
      if (pass(2) > 1) await inner.remove(name);
      check();
    },
    async list() {
      check();
      return inner.list();
    },
    lock: () => inner.lock(),
  };
}

function torn(bytes: Uint8Array, length: number, tear: Tear): Uint8Array {
  if (tear === 'cut') return bytes.slice(0, length);
  return bytes.map((byte, index) => {
    if (index < length) return byte;
    return tear === 'zeros' ? 0 : (index * 167 + 79) & 0xff;
  });
}

/** Has room for `capacity` bytes in all; an append that does not fit leaves what did. */
export function fullStorage(inner: Storage, capacity: number): Storage {
  const sizeOf = async (name: string): Promise<number> => (await inner.read(name))?.length ?? 0;
  const room = async (): Promise<number> => {
    let used = 0;
    for (const name of await inner.list()) used += await sizeOf(name);
    return capacity - used;
  };
  return {
    ...inner,
    async append(name, bytes) {
      const left = Math.max(0, await room());
      await inner.append(name, bytes.subarray(0, left));
      if (left < bytes.length) full();
    },
    // Both files are there for a moment.
    async replace(name, bytes) {
      if ((await room()) < bytes.length) full();
      await inner.replace(name, bytes);
    },
  };
}

function full(): never {
  throw new StateError('state: expected room for the lesson, got a full disk; free some space');
}
