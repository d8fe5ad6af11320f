// The journal: a header, then one entry for each lesson and each undo, appended in order, a line each.
//
//   line = CRC-32 of the text as 8 hex digits | space | text: a JSON object | line feed
//
// A write that was cut short, or a damaged sector, spoils only the lines it touches: reading goes on at
// the next place whose digest is right, at the start of a line or not.
import { StateError } from '../errors.ts';
import { boolean, choice, integer, named, nullable, real, text } from '../package/check.ts';
import type { Check } from '../package/check.ts';
import { crc32 } from './crc32.ts';
import { hex } from './hex.ts';
import { fromAscii, parseJson, toAscii, toJson } from './json.ts';
import { unlessDamaged } from './unless-damaged.ts';

export const stateVersion = 1;
const prefixLength = 9;
/** More than the longest lesson takes: its cause is 1000 characters, six bytes each at most. */
const maximumText = 8192;
const [lineFeed, space] = [0x0a, 0x20];
const counter = integer(0, 2 ** 53);

export interface JournalHeader {
  readonly kind: 'state';
  readonly version: number;
  /** SHA-256 of the package's bytes, in hex digits. */
  readonly packageId: string;
  /** Of the rounding noise. */
  readonly seed: number;
  /** Lessons up to this number were forgotten by a reset; so are snapshots that outlived it. */
  readonly after: number;
}

export interface LessonEntry {
  readonly kind: 'lesson';
  /** Counts lessons from 1; a kept one has a snapshot of this number. */
  readonly number: number;
  /** The snapshot it started from; 0 is the package. */
  readonly parent: number;
  readonly time: number;
  readonly samples: number;
  readonly holdout: number;
  readonly steps: number;
  /** Steps of this lesson and all before it. */
  readonly totalSteps: number;
  readonly accuracyBefore: number;
  readonly accuracyAfter: number;
  readonly kept: boolean;
  readonly cause: string | null;
}

export interface UndoEntry {
  readonly kind: 'undo';
  readonly number: number;
  /** The snapshot in use after it: the lesson's parent. */
  readonly to: number;
  readonly time: number;
}

export type Entry = LessonEntry | UndoEntry;

export interface Journal {
  /** Null where it is missing or damaged. */
  readonly header: JournalHeader | null;
  readonly entries: readonly Entry[];
  /** Bytes that belong to no entry. */
  readonly spoiled: number;
}

const checkHeader: Check<JournalHeader> = named<JournalHeader>({
  kind: choice(['state']),
  version: integer(stateVersion, stateVersion),
  packageId: hex,
  seed: integer(0, 2 ** 32 - 1),
  after: counter,
});

export const checkLesson: Check<LessonEntry> = named<LessonEntry>({
  kind: choice(['lesson']),
  number: counter,
  parent: counter,
  time: real(-8.64e15, 8.64e15),
  samples: counter,
  holdout: counter,
  steps: counter,
  totalSteps: counter,
  accuracyBefore: real(-1e12, 1e12),
  accuracyAfter: real(-1e12, 1e12),
  kept: boolean,
  cause: nullable(text(0, 1000)),
});

const checkUndo: Check<UndoEntry> = named<UndoEntry>({
  kind: choice(['undo']),
  number: counter,
  to: counter,
  time: real(-8.64e15, 8.64e15),
});

export function headerLine(header: JournalHeader): string {
  return lineOf(checkHeader(header, ''));
}

export function entryLine(entry: Entry): string {
  return lineOf(entry.kind === 'lesson' ? checkLesson(entry, '') : checkUndo(entry, ''));
}

/** Throws StateError for a journal of another version; for anything else it reads what it can. */
export function readJournal(journal: Uint8Array): Journal {
  let header: JournalHeader | null = null;
  const entries: Entry[] = [];
  let spoiled = 0;
  for (let position = 0; position < journal.length;) {
    const json = textAt(journal, position);
    const part = json && unlessDamaged(() => readText(json));
    if (!part) {
      spoiled++;
      position++;
      continue;
    }
    if (part.kind === 'state') header = part;
    else entries.push(part);
    position += prefixLength + json.length + 1;
  }
  return { header, entries, spoiled };
}

function lineOf(stored: object): string {
  const json = toJson(stored);
  return `${digestOf(fromAscii(json))} ${json}\n`;
}

function textAt(journal: Uint8Array, position: number): Uint8Array | null {
  const start = position + prefixLength;
  if (journal[start - 1] !== space) return null;
  const digest = toAscii(journal.subarray(position, start - 1));
  if (!/^[0-9a-f]{8}$/.test(digest)) return null; // before a CRC of what may be long
  const rest = journal.subarray(start, start + maximumText + 1);
  const end = rest.indexOf(lineFeed);
  if (end < 0) return null;
  const json = rest.subarray(0, end);
  return digestOf(json) === digest ? json : null;
}

function digestOf(bytes: Uint8Array): string {
  return crc32(bytes).toString(16).padStart(8, '0');
}

function readText(json: Uint8Array): JournalHeader | Entry {
  const stored = parseJson(json);
  const { kind, version } = Object(stored) as { kind?: unknown; version?: unknown };
  if (kind === 'state') {
    checkVersion(version);
    return checkHeader(stored, '');
  }
  return kind === 'undo' ? checkUndo(stored, '') : checkLesson(stored, '');
}

function checkVersion(version: unknown): void {
  if (typeof version === 'number' && version !== stateVersion) {
    throw new StateError(
      `state: expected version ${stateVersion}, got ${version}; update onward, or use another folder`,
    );
  }
}
