// A storage that lasts as long as its object: for tests, and for pages that may keep nothing.
import { StateError } from '../errors.ts';
import type { Storage } from './storage.ts';

export function memoryStorage(): Storage {
  const files = new Map<string, Uint8Array>();
  let locked = false;
  return {
    read: async (name) => files.get(name)?.slice() ?? null,
    async append(name, bytes) {
      const before = files.get(name) ?? new Uint8Array(0);
      const after = new Uint8Array(before.length + bytes.length);
      after.set(before);
      after.set(bytes, before.length);
      files.set(name, after);
    },
    async replace(name, bytes) {
      files.set(name, new Uint8Array(bytes));
    },
    async remove(name) {
      files.delete(name);
    },
    list: async () => Array.from(files.keys()),
    async lock() {
      if (locked) {
        throw new StateError(
          'state: expected a free storage, got one in use by this process; close the other learner first',
        );
      }
      locked = true;
      let held = true;
      return {
        async [Symbol.asyncDispose]() {
          if (held) locked = false;
          held = false;
        },
      };
    },
  };
}
