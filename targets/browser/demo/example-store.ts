// The examples that a person has given, kept in IndexedDB until they are deleted.
import { FormatError } from '#runtime';

import { openIndexedDbStorage } from '../storage/indexed-db-storage.ts';
import { decodeDigits, encodeDigits } from './digit-record.ts';
import type { Digit } from './digit-record.ts';

const file = 'examples';

export interface ExampleStore {
  readonly digits: readonly Digit[];
  add(digits: readonly Digit[]): Promise<void>;
  remove(digit: Digit): Promise<void>;
  clear(): Promise<void>;
}

/** Opens the examples kept under `name`; `onChange` follows every change. */
export async function openExampleStore(name: string, onChange: () => void): Promise<ExampleStore> {
  const storage = openIndexedDbStorage(name);
  let digits = decodeOrNone(await storage.read(file));
  let writing: Promise<void> = Promise.resolve();
  const change = (next: readonly Digit[], write: () => Promise<void>): Promise<void> => {
    digits = next;
    onChange();
    writing = writing.catch(() => undefined).then(write);
    return writing;
  };
  const replaceBy = (next: readonly Digit[]): Promise<void> =>
    change(next, () => storage.replace(file, encodeDigits(next)));
  return {
    get digits() {
      return digits;
    },
    add: (added) => change([...digits, ...added], () => storage.append(file, encodeDigits(added))),
    remove: (removed) => replaceBy(digits.filter((digit) => digit !== removed)),
    clear: () => replaceBy([]),
  };
}

function decodeOrNone(bytes: Uint8Array | null): readonly Digit[] {
  try {
    return decodeDigits(bytes ?? new Uint8Array(0));
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    return []; // damaged: nothing is read from it, and the next example replaces it
  }
}
