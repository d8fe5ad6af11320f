import { encodeEntry, encodeHeader } from './journal.ts';
import type { Entry, JournalHeader } from './journal.ts';
import { journalName } from './recover.ts';
import type { Recovered } from './recover.ts';
import type { Storage } from './storage.ts';
import { timelineOf } from './timeline.ts';
import type { Timeline } from './timeline.ts';

/** The journal as it is known to be, and the one place that writes it. */
export class JournalWriter {
  readonly #storage: Storage;
  #header: JournalHeader;
  #entries: readonly Entry[];
  #isClean: boolean;

  constructor(storage: Storage, { header, entries, isClean }: Recovered) {
    this.#storage = storage;
    this.#header = header;
    this.#entries = entries;
    this.#isClean = isClean;
  }

  get header(): JournalHeader {
    return this.#header;
  }

  get timeline(): Timeline {
    return timelineOf(this.#entries, this.#header.after);
  }

  /** Durable when resolved. What a failed write or damage left unclean is then written anew, whole. */
  async append(entry: Entry): Promise<void> {
    const entries = [...this.#entries, entry];
    if (this.#isClean) {
      this.#isClean = false; // until it is known to have worked
      await this.#storage.append(journalName, encodeEntry(entry));
    } else {
      const parts = [encodeHeader(this.#header), ...entries.map(encodeEntry)];
      await this.#storage.replace(journalName, joined(parts));
    }
    this.#entries = entries;
    this.#isClean = true;
  }

  /** Forgets all lessons, and that snapshots up to now were any. */
  async restart(): Promise<void> {
    const header = { ...this.#header, after: this.timeline.last };
    await this.#storage.replace(journalName, encodeHeader(header));
    this.#header = header;
    this.#entries = [];
    this.#isClean = true;
  }
}

function joined(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let position = 0;
  for (const part of parts) {
    bytes.set(part, position);
    position += part.length;
  }
  return bytes;
}
