// The journal: a header, then one entry for each lesson and each undo, appended in order.
//
//   entry = mark A7 4F | payload length u16 | CRC-32 of the payload u32 | payload
//
// Little-endian; the payload is plain msgpack. A write that was cut short, or a damaged sector, spoils
// only the entries it touches: reading goes on at the next mark whose digest is right.
import { FormatError, StateError } from '../errors.ts';
import {
  boolean,
  bytes,
  choice,
  integer,
  nullable,
  real,
  record,
  reject,
  text,
} from '../package/field.ts';
import type { Field } from '../package/field.ts';
import { pack, unpack } from '../package/plain.ts';
import { crc32 } from './crc32.ts';

export const stateVersion = 1;
const frameLength = 8;
const counter = integer(0, 2 ** 53);

export interface JournalHeader {
  readonly kind: 'state';
  readonly version: number;
  /** SHA-256 of the package's bytes. */
  readonly packageId: Uint8Array;
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

const headerField: Field<JournalHeader> = record<JournalHeader>({
  kind: choice(['state']),
  version: integer(stateVersion, stateVersion),
  packageId: bytes(1, 64),
  seed: integer(0, 2 ** 32 - 1),
  after: counter,
});

export const lessonField: Field<LessonEntry> = record<LessonEntry>({
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

const undoField: Field<UndoEntry> = record<UndoEntry>({
  kind: choice(['undo']),
  number: counter,
  to: counter,
  time: real(-8.64e15, 8.64e15),
});

export function encodeHeader(header: JournalHeader): Uint8Array<ArrayBuffer> {
  return frame(pack(headerField.write(header, '')));
}

export function encodeEntry(entry: Entry): Uint8Array<ArrayBuffer> {
  const plain = entry.kind === 'lesson' ? lessonField.write(entry, '') : undoField.write(entry, '');
  return frame(pack(plain));
}

/** Throws StateError for a journal of another version; for anything else it reads what it can. */
export function readJournal(journal: Uint8Array): Journal {
  let header: JournalHeader | null = null;
  const entries: Entry[] = [];
  let spoiled = 0;
  for (let position = 0; position < journal.length;) {
    const payload = payloadAt(journal, position);
    const part = payload && readPayload(payload);
    if (!part) {
      spoiled++;
      position++;
      continue;
    }
    if (part.kind === 'state') header = part;
    else entries.push(part);
    position += frameLength + payload.length;
  }
  return { header, entries, spoiled };
}

function frame(payload: Uint8Array): Uint8Array<ArrayBuffer> {
  const framed = new Uint8Array(frameLength + payload.length);
  const view = new DataView(framed.buffer);
  view.setUint16(0, 0x4fa7, true);
  view.setUint16(2, payload.length, true);
  view.setUint32(4, crc32(payload), true);
  framed.set(payload, frameLength);
  return framed;
}

function payloadAt(journal: Uint8Array, position: number): Uint8Array | null {
  if (position + frameLength > journal.length) return null;
  if (journal[position] !== 0xa7 || journal[position + 1] !== 0x4f) return null;
  const view = new DataView(journal.buffer, journal.byteOffset + position, frameLength);
  const start = position + frameLength;
  const payload = journal.subarray(start, start + view.getUint16(2, true));
  const isWhole = payload.length === view.getUint16(2, true);
  return isWhole && crc32(payload) === view.getUint32(4, true) ? payload : null;
}

function readPayload(payload: Uint8Array): JournalHeader | Entry | null {
  try {
    const plain = unpack(payload, 'journal');
    const [kind, version] = Array.isArray(plain)
      ? (plain as unknown[])
      : reject('entry', 'an array', plain);
    if (kind === 'state') {
      checkVersion(version);
      return headerField.read(plain, '');
    }
    return kind === 'undo' ? undoField.read(plain, '') : lessonField.read(plain, '');
  } catch (error) {
    if (error instanceof FormatError) return null;
    throw error;
  }
}

function checkVersion(version: unknown): void {
  if (typeof version === 'number' && version !== stateVersion) {
    throw new StateError(
      `state: expected version ${stateVersion}, got ${version}; update onward, or use another folder`,
    );
  }
}
