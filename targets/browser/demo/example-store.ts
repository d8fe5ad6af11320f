// The examples that a person has given, kept in IndexedDB until they are deleted.
import { FormatError } from '#runtime';

import { openIndexedDbStorage } from '../storage/indexed-db-storage.ts';
import { decodeExamples, encodeExamples } from './example-record.ts';
import type { Example } from './example-record.ts';

const file = 'labelled';

export interface ExampleStore {
  readonly examples: readonly Example[];
  add(examples: readonly Example[]): Promise<void>;
  remove(isRemoved: (example: Example) => boolean): Promise<void>;
}

/** Opens the examples kept under `name`, of `pixelCount` pixels each; `onChange` follows every change. */
export async function openExampleStore(
  name: string,
  pixelCount: number,
  onChange: (examples: readonly Example[]) => void,
): Promise<ExampleStore> {
  const storage = openIndexedDbStorage(name);
  let examples = decodeOrNone(await storage.read(file), pixelCount);
  let writing: Promise<void> = Promise.resolve();
  const change = (next: readonly Example[]): Promise<void> => {
    examples = next;
    onChange(examples);
    const write = (): Promise<void> => storage.replace(file, encodeExamples(next));
    writing = writing.catch(() => undefined).then(write);
    return writing;
  };
  onChange(examples);
  return {
    get examples() {
      return examples;
    },
    add: (added) => change([...examples, ...added]),
    remove: (isRemoved) => change(examples.filter((example) => !isRemoved(example))),
  };
}

function decodeOrNone(bytes: Uint8Array | null, pixelCount: number): readonly Example[] {
  try {
    return decodeExamples(bytes ?? new Uint8Array(0), pixelCount);
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    return []; // damaged: nothing is read from it, and the next example replaces it
  }
}
