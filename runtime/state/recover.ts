// Finds what a storage still holds, after a crash at any byte or damage to any file. It reads only;
// what it repairs is written with the next lesson.
import { StateError } from '../errors.ts';
import { copyParameters } from '../graph/parameters.ts';
import type { Parameters } from '../graph/parameters.ts';
import type { SplitExamples } from '../learning/examples.ts';
import { readJournal } from './journal.ts';
import type { Entry, Journal, JournalHeader, LessonEntry } from './journal.ts';
import { applyLayers, readSnapshot } from './snapshot.ts';
import type { Snapshot } from './snapshot.ts';
import type { Storage } from './storage.ts';
import { lineOf, timelineOf } from './timeline.ts';
import { unlessDamaged } from './unless-damaged.ts';

export const journalName = 'journal';

/** All that lessons change. */
export interface Learned {
  readonly parameters: Parameters;
  /** Names of the classes after the package's. */
  readonly labels: readonly string[];
  /** Of earlier lessons, or the package's. */
  readonly examples: SplitExamples;
}

export interface Recovered {
  readonly header: JournalHeader;
  readonly entries: readonly Entry[];
  /** The lesson that `learned` is from; 0 for the package. */
  readonly current: number;
  readonly learned: Learned;
  /** Whether an entry can simply be appended to the journal. */
  readonly isClean: boolean;
  /** What was there and is not any more, in sentences. */
  readonly lost: readonly string[];
}

/** Throws StateError for a state of another package or a newer version. `base` is what the package holds. */
export async function recover(
  storage: Storage,
  base: Learned,
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
  const known = { header, entries, isClean, lost };
  for (const number of lineOf(lessons, current)) {
    const snapshot = await findSnapshot(storage, number, fresh.packageId);
    const learned = snapshot && unlessDamaged(() => learnedOf(base, snapshot));
    if (learned) return { ...known, current: number, learned };
    lost.push(`lesson-${number}: its weights are missing or damaged; those before it are in use`);
  }
  return { ...known, current: 0, learned: copyOf(base) };
}

/** Throws FormatError where the weights have other shapes than `base`. */
export function learnedOf(base: Learned, { layers, labels, examples }: Snapshot): Learned {
  return { parameters: applyLayers(base.parameters, layers), labels, examples };
}

export function copyOf(learned: Learned): Learned {
  return { ...learned, parameters: copyParameters(learned.parameters) };
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
  packageId: string,
): Promise<Snapshot | null> {
  const snapshot = await readWhole(storage, number);
  return snapshot?.packageId === packageId ? snapshot : null;
}

async function readWhole(storage: Storage, number: number): Promise<Snapshot | null> {
  const bytes = await storage.read(snapshotName(number));
  const snapshot = bytes && unlessDamaged(() => readSnapshot(bytes));
  return snapshot?.lesson.number === number ? snapshot : null;
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
    if (snapshot.packageId === packageId) found.push(snapshot.lesson);
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

/** Throws StateError where what was learned belongs to another package. */
export function checkPackage(actual: string, expected: string): void {
  if (actual === expected) return;
  throw new StateError(
    `state: expected what was learned with package ${expected.slice(0, 12)}, got that of ${actual.slice(0, 12)}; open it with its own package, or use another place for the state`,
  );
}
