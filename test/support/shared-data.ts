import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = new URL('../../', import.meta.url);

/**
 * The path of a data set or model kept beside the repository, or null where it is not kept: such a
 * test then announces that it is skipped (see `skipBecause`).
 */
export function sharedData(name: string): string | null {
  for (const folder of ['../shared/data/', '../shared/models/']) {
    const path = fileURLToPath(new URL(folder + name, root));
    if (existsSync(path)) return path;
  }
  return null;
}
