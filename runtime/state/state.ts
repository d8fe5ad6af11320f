// What a device has learned: the weights in use, and the lessons that made them. A lesson is kept by
// writing its weights to a file of their own and then an entry to the journal; the weights before it
// are never written over, so whatever happens meanwhile, one of the two is there whole.
import { StateError } from '../errors.ts';
import { copyParameters, overwriteParameters } from '../graph/parameters.ts';
import type { Parameters } from '../graph/parameters.ts';
import { noExamples } from '../learning/examples.ts';
import type { SplitExamples } from '../learning/examples.ts';
import { toHex } from './hex.ts';
import { JournalWriter } from './journal-writer.ts';
import { stateVersion } from './journal.ts';
import type { LessonEntry } from './journal.ts';
import {
  checkPackage,
  copyOf,
  findSnapshot,
  learnedOf,
  recover,
  snapshotName,
  snapshotNumbers,
} from './recover.ts';
import type { Learned, Recovered } from './recover.ts';
import { changedLayers, encodeSnapshot, readSnapshot } from './snapshot.ts';
import type { Snapshot } from './snapshot.ts';
import type { Storage } from './storage.ts';
import { lineOf } from './timeline.ts';

export interface StateOptions {
  /** SHA-256 of the package's bytes; a state belongs to one package. */
  readonly packageId: Uint8Array;
  /** The package's own; openState writes what was learned over weights and biases. */
  readonly parameters: Parameters;
  /** Those that the package brings, to start with; default none. */
  readonly examples?: SplitExamples;
  /** Milliseconds, for the time of a lesson. */
  readonly now: () => number;
  /** How many lessons' weights are kept, the last one's included; default 8. */
  readonly snapshots?: number;
  /** Of the rounding noise, for a state that does not exist yet; default 0. */
  readonly seed?: number;
}

/** What came of a lesson; a LessonReport is one. */
export interface LessonOutcome {
  readonly samples: number;
  readonly holdout: number;
  readonly steps: number;
  readonly accuracyBefore: number;
  readonly accuracyAfter: number;
  /** Why it was not kept, or what it was for. */
  readonly cause?: string | null | undefined;
}

export interface LessonRecord extends Omit<
  LessonEntry,
  'kind' | 'number' | 'parent' | 'totalSteps'
> {
  readonly id: string;
  /** Whether its weights are part of those in use: kept, and not undone since. */
  readonly stands: boolean;
}

/**
 * Opens the state in `storage`, or a new one, and locks it until disposed. Writes nothing. `lost` says
 * what a crash or damage took. Throws StateError where another learner has it, where it belongs to
 * another package, and where it cannot be read.
 */
export async function openState(storage: Storage, options: StateOptions): Promise<State> {
  const lock = await storage.lock();
  try {
    const { seed = 0, parameters, examples = noExamples } = options;
    const packageId = toHex(options.packageId);
    const fresh = { kind: 'state', version: stateVersion, packageId, seed, after: 0 } as const;
    const base = { parameters: copyParameters(parameters), labels: [], examples };
    const recovered = await recover(storage, base, fresh);
    overwriteParameters(parameters, recovered.learned.parameters);
    return new State({ storage, lock, base, options }, recovered);
  } catch (error) {
    await lock[Symbol.asyncDispose]();
    throw error;
  }
}

interface StateParts {
  readonly storage: Storage;
  readonly lock: AsyncDisposable;
  /** What the package holds; never changed. */
  readonly base: Learned;
  readonly options: StateOptions;
}

/** Made by openState. Calls may overlap; they take effect one after another. */
export class State implements AsyncDisposable {
  readonly lost: readonly string[];
  readonly #parts: StateParts;
  readonly #journal: JournalWriter;
  #current: number;
  #known: Pick<Learned, 'labels' | 'examples'>;
  #queue: Promise<unknown> = Promise.resolve();
  #isClosed = false;

  constructor(parts: StateParts, recovered: Recovered) {
    this.#parts = parts;
    this.#journal = new JournalWriter(parts.storage, recovered);
    this.#current = recovered.current;
    this.#known = knownOf(recovered.learned);
    this.lost = recovered.lost;
  }

  /** Steps of all lessons since the package, kept or not; with `seed` it fixes the rounding noise. */
  get steps(): number {
    return Array.from(this.#journal.timeline.lessons.values()).reduce(
      (steps, { totalSteps }) => Math.max(steps, totalSteps),
      0,
    );
  }

  get seed(): number {
    return this.#journal.header.seed;
  }

  /** Names of the classes learned after the package's. */
  get labels(): readonly string[] {
    return this.#known.labels;
  }

  /** Those kept of earlier lessons that stand, or the package's. */
  get examples(): SplitExamples {
    return this.#known.examples;
  }

  /** Lessons, oldest first. */
  history(): LessonRecord[] {
    const { lessons } = this.#journal.timeline;
    const line = new Set(lineOf(lessons, this.#current));
    return Array.from(lessons.values(), (lesson) => describe(lesson, line.has(lesson.number)));
  }

  /**
   * Notes a lesson and, unless `parameters` is null, keeps its weights (of all layers): when resolved,
   * they are what the next opening finds. Resolves with the lesson's id. Throws StateError where they
   * could not be written; the weights before it then stand. `changes` replace labels and examples.
   */
  commit(
    outcome: LessonOutcome,
    parameters: Parameters | null,
    changes: Partial<Pick<Learned, 'labels' | 'examples'>> = {},
  ): Promise<string> {
    const layers = parameters && changedLayers(this.#parts.base.parameters, parameters);
    return this.#serially(async () => {
      const known = { ...this.#known, ...changes };
      const lesson = this.#lessonOf(outcome, layers !== null);
      if (!layers) {
        await this.#journal.append(lesson);
        return idOf(lesson.number);
      }
      const { packageId } = this.#journal.header;
      const name = snapshotName(lesson.number);
      try {
        const bytes = encodeSnapshot({ packageId, lesson, layers, ...known });
        await this.#parts.storage.replace(name, bytes);
        await this.#journal.append(lesson);
      } catch (error) {
        await tryTo(() => this.#parts.storage.remove(name)); // or the next opening would keep the lesson after all
        throw error;
      }
      this.#current = lesson.number;
      this.#known = known;
      await this.#prune();
      return idOf(lesson.number);
    });
  }

  /**
   * Goes back to the weights before a lesson that stands, by default the last one, and resolves with
   * them. Throws StateError where there is no such lesson or those weights are no longer kept.
   */
  undo(id?: string): Promise<{ readonly record: LessonRecord; readonly parameters: Parameters }> {
    return this.#serially(async () => {
      const { lessons } = this.#journal.timeline;
      const lesson = lineOf(lessons, this.#current)
        .map((number) => lessons.get(number))
        .find((each) => each && (id === undefined || idOf(each.number) === id));
      if (!lesson) {
        throw new StateError(
          `undo: expected a lesson that stands, got ${id ?? 'none'}; history lists them`,
        );
      }
      const learned = await this.#learnedAt(lesson.parent);
      const { number, parent } = lesson;
      await this.#journal.append({
        kind: 'undo',
        number,
        to: parent,
        time: this.#parts.options.now(),
      });
      this.#current = parent;
      this.#known = knownOf(learned);
      await this.#prune();
      return { record: describe(lesson, false), parameters: learned.parameters };
    });
  }

  /** Goes back to the package, as a lesson that can be undone; resolves with the package's weights. */
  async reset(): Promise<Parameters> {
    const { parameters, ...known } = copyOf(this.#parts.base);
    await this.commit({ ...noLesson, cause: 'reset' }, parameters, known);
    return parameters;
  }

  /** What is in use as the bytes of one file, with the examples kept or without. */
  save(withExamples = true): Promise<Uint8Array<ArrayBuffer>> {
    return this.#serially(async () => {
      const snapshot = await this.#snapshotAt(this.#current);
      return encodeSnapshot(withExamples ? snapshot : { ...snapshot, examples: noExamples });
    });
  }

  /**
   * Takes what `save` gave on this or another device, as a lesson that can be undone; resolves with the weights. Throws
   * FormatError for anything else, StateError for what was learned with another package. `check` may refuse it.
   */
  async load(file: Uint8Array, check: (learned: Learned) => void): Promise<Parameters> {
    const snapshot = readSnapshot(file);
    checkPackage(snapshot.packageId, this.#journal.header.packageId);
    const { parameters, ...known } = learnedOf(this.#parts.base, snapshot);
    check({ parameters, ...known });
    await this.commit({ ...noLesson, cause: 'loaded' }, parameters, known);
    return parameters;
  }

  /** Erases all lessons and examples for good, and resolves with the package's weights. */
  forget(): Promise<Parameters> {
    return this.#serially(async () => {
      await this.#journal.restart();
      this.#current = 0;
      this.#known = knownOf(this.#parts.base);
      await this.#prune();
      return copyParameters(this.#parts.base.parameters);
    });
  }

  /** Waits for what is being written, and gives the lock back. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await this.#queue;
    await this.#parts.lock[Symbol.asyncDispose]();
  }

  #lessonOf(outcome: LessonOutcome, kept: boolean): LessonEntry {
    const { samples, holdout, steps, accuracyBefore, accuracyAfter, cause } = outcome;
    return {
      kind: 'lesson',
      number: this.#journal.timeline.last + 1,
      parent: this.#current,
      time: this.#parts.options.now(),
      samples,
      holdout,
      steps,
      totalSteps: this.steps + steps,
      accuracyBefore,
      accuracyAfter,
      kept,
      cause: cause === undefined || cause === null ? null : printable(cause.slice(0, 1000)),
    };
  }

  async #learnedAt(number: number): Promise<Learned> {
    const { base } = this.#parts;
    return number === 0 ? copyOf(base) : learnedOf(base, await this.#snapshotAt(number));
  }

  async #snapshotAt(number: number): Promise<Snapshot> {
    const { storage, base, options } = this.#parts;
    const { packageId } = this.#journal.header;
    if (number === 0) {
      return {
        packageId,
        lesson: { ...this.#lessonOf(noLesson, true), number },
        layers: [],
        ...base,
      };
    }
    const snapshot = await findSnapshot(storage, number, packageId);
    if (snapshot) return snapshot;
    throw new StateError(
      `undo: expected the weights after ${idOf(number)}, got none; those of the last ${options.snapshots ?? 8} lessons are kept, reset goes back to the package's`,
    );
  }

  // What is in use is safe by now: a snapshot too many is no failure, and goes the next time.
  async #prune(): Promise<void> {
    const line = lineOf(this.#journal.timeline.lessons, this.#current);
    const wanted = new Set(line.slice(0, Math.max(1, this.#parts.options.snapshots ?? 8)));
    await tryTo(async () => {
      for (const number of await snapshotNumbers(this.#parts.storage)) {
        if (!wanted.has(number)) await this.#parts.storage.remove(snapshotName(number));
      }
    });
  }

  async #serially<Result>(work: () => Promise<Result>): Promise<Result> {
    if (this.#isClosed) {
      throw new StateError('state: expected an open state, got one disposed; open it again');
    }
    const result = this.#queue.then(work);
    this.#queue = result.catch(() => {}); // its caller has the error
    return result;
  }
}

/** Of what changes the weights without examples. */
export const noLesson: LessonOutcome = {
  samples: 0,
  holdout: 0,
  steps: 0,
  accuracyBefore: 0,
  accuracyAfter: 0,
};

async function tryTo(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof StateError)) throw error;
  }
}

function knownOf({ labels, examples }: Learned): Pick<Learned, 'labels' | 'examples'> {
  return { labels, examples };
}

function idOf(number: number): string {
  return `lesson-${number}`;
}

function describe(lesson: LessonEntry, stands: boolean): LessonRecord {
  const { kind: _kind, number, parent: _parent, totalSteps: _totalSteps, ...rest } = lesson;
  return { id: idOf(number), ...rest, stands };
}

// Also what `slice` may leave of a pair.
function printable(cause: string): string {
  return cause.replaceAll(/[\p{C}\p{Zl}\p{Zp}]/gu, ' ');
}
