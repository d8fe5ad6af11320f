// Long arrays stand beside the header. Checks take them in the order they were put in, each once, so a
// blob needs no name and none can hide.
import { integer, refuse, reject } from './check.ts';
import type { Check } from './check.ts';

export class BlobReader {
  readonly #blobs: readonly Uint8Array[];
  readonly #memoryLimit: number;
  #memory = 0;
  #next = 0;

  constructor(blobs: readonly Uint8Array[], memoryLimit: number) {
    this.#blobs = blobs;
    this.#memoryLimit = memoryLimit;
  }

  /** A copy of the blob of this number, which must be the next. */
  readonly bytes: Check<Uint8Array<ArrayBuffer>> = (plain, where) => {
    if (this.#next === this.#blobs.length) refuse(where, 'a blob', 'none left');
    const blob = this.#blobs[integer(this.#next, this.#next)(plain, where)]!;
    this.#next++;
    this.reserve(blob.length, where);
    return new Uint8Array(blob);
  };

  /** Counts `length` bytes against the memory a reader may take, before they are allocated. */
  reserve(length: number, where: string): void {
    this.#memory += length;
    if (this.#memory > this.#memoryLimit) {
      reject(where, `arrays of at most ${this.#memoryLimit} bytes in all`, this.#memory);
    }
  }

  /** Throws FormatError if blobs are left. */
  finish(): void {
    if (this.#next !== this.#blobs.length) {
      reject('blobs', `${this.#next}, as many as the content names`, this.#blobs.length);
    }
  }
}
