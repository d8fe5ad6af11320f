// What was learned as one file to keep or to carry to another device: a line of JSON that names the
// state's files with their lengths, then the files. Each of them carries its own digests; a file is
// taken only if a state opens on it without loss.
import { FormatError, memoryStorage, openState, StateError } from '#runtime';
import type { StateOptions, Storage } from '#runtime';

const kind = 'onward-learned';
const lineFeed = 0x0a;
const maximumLine = 65_536;

type Files = ReadonlyMap<string, Uint8Array>;

export async function encodeLearned(storage: Storage): Promise<Uint8Array<ArrayBuffer>> {
  const files: [string, Uint8Array][] = [];
  for (const name of await storage.list()) {
    const bytes = await storage.read(name);
    if (bytes !== null) files.push([name, bytes]);
  }
  const lengths = files.map(([name, { length }]) => [name, length]);
  const line = new TextEncoder().encode(
    `${JSON.stringify({ kind, version: 1, files: lengths })}\n`,
  );
  const encoded = new Uint8Array(files.reduce((sum, [, { length }]) => sum + length, line.length));
  encoded.set(line);
  let position = line.length;
  for (const [, bytes] of files) {
    encoded.set(bytes, position);
    position += bytes.length;
  }
  return encoded;
}

/** Throws FormatError for anything but a whole file of encodeLearned. */
export function decodeLearned(bytes: Uint8Array): Files {
  const end = bytes.subarray(0, maximumLine).indexOf(lineFeed);
  const files = new Map<string, Uint8Array>();
  let position = end + 1;
  for (const [name, length] of listOf(bytes.subarray(0, Math.max(0, end)))) {
    files.set(name, bytes.slice(position, position + length));
    position += length;
  }
  if (position !== bytes.length) {
    throw new FormatError(
      `file: expected ${position} bytes, got ${bytes.length}; it is cut short or damaged`,
    );
  }
  return files;
}

function listOf(line: Uint8Array): (readonly [name: string, length: number])[] {
  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(line));
  } catch {
    header = null;
  }
  const { kind: found, version, files } = Object(header) as Record<string, unknown>;
  if (found !== kind) {
    throw new FormatError('file: expected what this page has saved, got something else');
  }
  if (version !== 1) {
    throw new FormatError(`file: expected version 1, got ${String(version)}; reload this page`);
  }
  const list: readonly unknown[] = Array.isArray(files) ? files : [];
  return list.map((entry) => {
    const [name, length] = Array.isArray(entry) ? (entry as unknown[]) : [];
    const isName = typeof name === 'string' && /^(journal|weights-\d{1,15})$/.test(name);
    if (!isName || typeof length !== 'number' || !Number.isInteger(length) || length < 0) {
      throw new FormatError('file: expected a journal and weights, got something else');
    }
    return [name, length] as const;
  });
}

/** Throws StateError where the files are not a whole state of this package. */
export async function checkLearned(
  files: Files,
  { packageId, parameters }: Pick<StateOptions, 'packageId' | 'parameters'>,
): Promise<void> {
  const storage = memoryStorage();
  await writeLearned(files, storage);
  await using state = await openState(storage, { packageId, parameters, now: () => 0 });
  if (!files.has('journal') || state.lost.length > 0) {
    const what = state.lost[0] ?? 'no journal';
    throw new StateError(`file: expected all that was saved, got less (${what}); save it again`);
  }
}

/** Makes `storage` hold these files and no others; the journal comes last. */
export async function writeLearned(files: Files, storage: Storage): Promise<void> {
  const lock = await storage.lock();
  try {
    await storage.remove('journal');
    for (const name of await storage.list()) await storage.remove(name);
    const names = [...files.keys()].toSorted().toReversed();
    for (const name of names) await storage.replace(name, files.get(name) ?? new Uint8Array(0));
  } finally {
    await lock[Symbol.asyncDispose]();
  }
}
