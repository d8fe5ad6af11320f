// What npm packages take on disk, with all that they depend on, in the node_modules of the folder that a program was
// started in: npm starts scripts in the root of the clone, and what is bundled does not know where it came from.
import { readFileSync, readdirSync, statSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = pathToFileURL(`${process.cwd()}/`);
const modules = new URL('node_modules/', root);

/** Of the package in that folder. */
export const ownDependencies = (): string[] => dependenciesIn(new URL('package.json', root));

/** Bytes of the files of these packages and of their dependencies, each counted once; optional ones and peers are not. */
export function installedBytes(packages: readonly string[]): number {
  const seen = new Set(packages);
  let bytes = 0;
  for (const name of seen) {
    const folder = new URL(`${name}/`, modules);
    bytes += folderBytes(fileURLToPath(folder));
    for (const dependency of dependenciesIn(new URL('package.json', folder))) seen.add(dependency);
  }
  return bytes;
}

/** Names in a package.json that `npm install` of the package installs with it. */
function dependenciesIn(file: URL): string[] {
  const { dependencies = {} } = JSON.parse(readFileSync(file, 'utf8')) as {
    readonly dependencies?: Readonly<Record<string, string>>;
  };
  return Object.keys(dependencies);
}

function folderBytes(folder: string): number {
  let bytes = 0;
  for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
    if (entry.isFile()) bytes += statSync(`${entry.parentPath}/${entry.name}`).size;
  }
  return bytes;
}
