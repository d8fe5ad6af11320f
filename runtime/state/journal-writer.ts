import { entryLine, headerLine } from './journal.ts';
import type { Entry, JournalHeader } from './journal.ts';
import { fromAscii } from './json.ts';
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
      await this.#storage.append(journalName, fromAscii(entryLine(entry)));
    } else {
      const lines = [headerLine(this.#header), ...entries.map(entryLine)];
      await this.#storage.replace(journalName, fromAscii(lines.join('')));
    }
    this.#entries = entries;
    this.#isClean = true;
  }

  /** Forgets all lessons, and that snapshots up to now were any. */
  async restart(): Promise<void> {
    const header = { ...this.#header, after: this.timeline.last };
    await this.#storage.replace(journalName, fromAscii(headerLine(header)));
    this.#header = header;
    this.#entries = [];
    this.#isClean = true;
  }
}
