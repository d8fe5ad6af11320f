// Long arrays stand beside the header. Fields put them in and take them out in the same order, each
// once, so a blob needs no name and none can hide.
import { integer, refuse, reject } from './field.ts';
import type { Field } from './field.ts';

export interface BlobStore {
  /** Bytes as a number in the header; reading gives a copy. */
  readonly bytes: Field<Uint8Array<ArrayBuffer>>;
  /** Counts `length` bytes against the memory a reader may take, before they are allocated. */
  reserve(length: number, where: string): void;
}

export class BlobWriter implements BlobStore {
  readonly blobs: Uint8Array[] = [];

  readonly bytes: Field<Uint8Array<ArrayBuffer>> = {
    write: (value) => this.blobs.push(value) - 1,
    read: (plain, where) => reject(where, 'to be written', plain),
  };

  reserve(): void {}
}

export class BlobReader implements BlobStore {
  readonly #blobs: readonly Uint8Array[];
  readonly #memoryLimit: number;
  #memory = 0;
  #next = 0;

  constructor(blobs: readonly Uint8Array[], memoryLimit: number) {
    this.#blobs = blobs;
    this.#memoryLimit = memoryLimit;
  }

  readonly bytes: Field<Uint8Array<ArrayBuffer>> = {
    write: (_value, where) => refuse(where, 'to be read', 'a write'),
    read: (plain, where) => {
      if (this.#next === this.#blobs.length) refuse(where, 'a blob', 'none left');
      const blob = this.#blobs[integer(this.#next, this.#next).read(plain, where)]!;
      this.#next++;
      this.reserve(blob.length, where);
      return new Uint8Array(blob);
    },
  };

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
