// What a state needs from the place it is kept in. A storage knows names and bytes; what they mean,
// and how to survive half of them, is the state's.

/** Errors are StateErrors that name the file and the cure; the files are then as each method says. */
export interface Storage {
  /** All bytes of a file, the caller's own; null where there is none. */
  read(name: string): Promise<Uint8Array | null>;
  /**
   * Adds to the end of a file, made if there is none. Durable when resolved. After a crash or an
   * error any part of `bytes` may be there, or bytes of its length that are something else.
   */
  append(name: string, bytes: Uint8Array): Promise<void>;
  /** Makes `bytes` the whole file: all of it, durably, when resolved; else all of it or all as it was. */
  replace(name: string, bytes: Uint8Array): Promise<void>;
  /** Does nothing where there is no such file. After a crash it may be there again. */
  remove(name: string): Promise<void>;
  /** Names of the files, in any order; what the storage keeps for itself is left out. */
  list(): Promise<readonly string[]>;
  /**
   * Takes the storage for this owner until disposed; the other methods are for the owner only. A
   * lock whose process is gone does not count. Throws StateError naming the owner when there is one.
   */
  lock(): Promise<AsyncDisposable>;
}
