// Data sets and models kept beside the repository (../shared), which it may not contain.
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The bytes of a file under ../shared/data or ../shared/models, or null where it is not kept. */
export function sharedFile(name: string): Uint8Array<ArrayBuffer> | null {
  for (const folder of ['../../../shared/data/', '../../../shared/models/']) {
    const path = fileURLToPath(new URL(folder + name, import.meta.url));
    if (existsSync(path)) return new Uint8Array(readFileSync(path));
  }
  return null;
}
