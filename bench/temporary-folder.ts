// Folders of one process for its packages and counts: gone when it is done with them, when it ends, and when a signal
// ends it.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface TemporaryFolder extends Disposable {
  readonly path: string;
}

const folders = new Set<string>();
let isWatching = false;

/** A new one; disposing of it removes it with all that is in it. */
export function temporaryFolder(prefix: string): TemporaryFolder {
  watchForTheEnd();
  const path = mkdtempSync(join(tmpdir(), prefix));
  folders.add(path);
  return {
    path,
    [Symbol.dispose]: () => remove(path),
  };
}

function remove(path: string): void {
  folders.delete(path);
  rmSync(path, { recursive: true, force: true });
}

function watchForTheEnd(): void {
  if (isWatching) return;
  isWatching = true;
  process.once('exit', () => folders.forEach(remove));
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => {
      folders.forEach(remove);
      process.kill(process.pid, signal); // nobody listens now: it ends the process as it would have
    });
  }
}
