// Finds what a storage still holds, after a crash at any byte or damage to any file. It reads only;
// what it repairs is written with the next lesson.
import { FormatError, StateError } from '../errors.ts';
import { readJournal } from './journal.ts';
import type { Entry, Journal, JournalHeader, LessonEntry } from './journal.ts';
import { applyLayers, copyOf, readSnapshot } from './snapshot.ts';
import type { Parameters, Snapshot } from './snapshot.ts';
import type { Storage } from './storage.ts';
import { lineOf, timelineOf } from './timeline.ts';

export const journalName = 'journal';

export interface Recovered {
  readonly header: JournalHeader;
  readonly entries: readonly Entry[];
  /** The lesson whose weights these are; 0 for the package's. */
  readonly current: number;
  readonly parameters: Parameters;
  readonly labels: readonly string[];
  /** Whether an entry can simply be appended to the journal. */
  readonly isClean: boolean;
  /** What was there and is not any more, in sentences. */
  readonly lost: readonly string[];
}

/** Throws StateError for a state of another package or a newer version. `base` is the package's weights. */
export async function recover(
  storage: Storage,
  base: Parameters,
  fresh: JournalHeader,
): Promise<Recovered> {
  const bytes = await storage.read(journalName);
  const journal = readJournal(bytes ?? new Uint8Array(0));
  const header = journal.header ?? fresh;
  checkPackage(header.packageId, fresh.packageId);
  const found = await lessonsOfSnapshots(storage, journal, header);
  const entries = merge(journal.entries, found);
  const { lessons, current } = timelineOf(entries, header.after);
  const lost = lossesOf(journal, found);
  const isClean = journal.header !== null && journal.spoiled === 0 && found.length === 0;
  for (const number of lineOf(lessons, current)) {
    const snapshot = await findSnapshot(storage, number, fresh.packageId);
    const parameters = snapshot && shaped(base, snapshot);
    if (parameters) {
      return {
        header,
        entries,
        current: number,
        parameters,
        labels: snapshot.labels,
        isClean,
        lost,
      };
    }
    lost.push(`lesson-${number}: its weights are missing or damaged; those before it are in use`);
  }
  return { header, entries, current: 0, parameters: copyOf(base), labels: [], isClean, lost };
}

export function snapshotName(number: number): string {
  return `weights-${number}`;
}

/** Numbers of the snapshots there are, ascending. */
export async function snapshotNumbers(storage: Storage): Promise<number[]> {
  return (await storage.list())
    .flatMap((name) => (/^weights-\d{1,15}$/.test(name) ? [Number(name.slice(8))] : []))
    .toSorted((a, b) => a - b);
}

/** Null where it is missing, damaged, or not of this package. */
export async function findSnapshot(
  storage: Storage,
  number: number,
  packageId: Uint8Array,
): Promise<Snapshot | null> {
  const snapshot = await readWhole(storage, number);
  return snapshot && sameBytes(snapshot.packageId, packageId) ? snapshot : null;
}

async function readWhole(storage: Storage, number: number): Promise<Snapshot | null> {
  const bytes = await storage.read(snapshotName(number));
  if (!bytes) return null;
  try {
    const snapshot = readSnapshot(bytes);
    return snapshot.lesson.number === number ? snapshot : null;
  } catch (error) {
    if (error instanceof FormatError) return null;
    throw error;
  }
}

// Lessons that only their snapshots tell of: the journal was lost, or a crash came between the two.
async function lessonsOfSnapshots(
  storage: Storage,
  journal: Journal,
  { packageId, after }: JournalHeader,
): Promise<LessonEntry[]> {
  const { lessons } = timelineOf(journal.entries, after);
  const found: LessonEntry[] = [];
  for (const number of await snapshotNumbers(storage)) {
    if (number <= after || lessons.has(number)) continue;
    const snapshot = await readWhole(storage, number);
    if (!snapshot) continue;
    if (!journal.header) checkPackage(snapshot.packageId, packageId);
    if (sameBytes(snapshot.packageId, packageId)) found.push(snapshot.lesson);
  }
  return found;
}

// Each found lesson goes before what came after it, so that it is undone if it was.
function merge(entries: readonly Entry[], found: readonly LessonEntry[]): Entry[] {
  const merged = [...entries];
  for (const lesson of found) {
    const next = merged.findIndex(({ number }) => number >= lesson.number);
    merged.splice(next < 0 ? merged.length : next, 0, lesson);
  }
  return merged;
}

function lossesOf({ header, entries, spoiled }: Journal, found: readonly LessonEntry[]): string[] {
  const lost: string[] = [];
  if (spoiled > 0) {
    lost.push(`journal: ${spoiled} bytes are of a write that did not finish, or damaged`);
  }
  if (!header && entries.length + found.length > 0) {
    lost.push('journal: its beginning is missing; lessons that were not kept may be too');
  }
  return lost;
}

function shaped(base: Parameters, { layers }: Snapshot): Parameters | null {
  try {
    return applyLayers(base, layers);
  } catch (error) {
    if (error instanceof FormatError) return null;
    throw error;
  }
}

function checkPackage(actual: Uint8Array, expected: Uint8Array): void {
  if (sameBytes(actual, expected)) return;
  throw new StateError(
    `state: expected what was learned with package ${shortHex(expected)}, got that of ${shortHex(actual)}; open it with its own package, or use another place for the state`,
  );
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}

function shortHex(bytes: Uint8Array): string {
  return Array.from(bytes.subarray(0, 6), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
