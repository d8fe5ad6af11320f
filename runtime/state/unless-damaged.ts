import { FormatError } from '../errors.ts';

/** What `read` makes of a file, or null where the file is not what it should be. */
export function unlessDamaged<Value>(read: () => Value): Value | null {
  try {
    return read();
  } catch (error) {
    if (error instanceof FormatError) return null;
    throw error;
  }
}
