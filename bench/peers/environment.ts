// Where the peers' Python packages are: one virtual environment each, made by `npm run bench:peers`.
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export type EnvironmentName = 'torch' | 'onnxruntime-training' | 'tensorflow-lite' | 'scikit-learn';

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));

/** Packages by environment, with versions; the first one is the peer. */
export const requirements = JSON.parse(
  readFileSync(path('./requirements.json'), 'utf8'),
) as Readonly<Record<EnvironmentName, readonly string[]>>;

export function environmentFolder(name: EnvironmentName): string {
  return path(`./environments/${name}`);
}

/** The environment's Python, or null where it has not been made. */
export function pythonOf(name: EnvironmentName): string | null {
  const python = `${environmentFolder(name)}/bin/python`;
  return existsSync(python) ? python : null;
}

/** A script of `python/`. */
export function script(name: string): string {
  return path(`./python/${name}`);
}
