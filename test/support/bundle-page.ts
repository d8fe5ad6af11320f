import { fileURLToPath } from 'node:url';

import { build } from 'esbuild';
import type { BuildOptions } from 'esbuild';

/** A module for a page from this source file and all that it imports, in one; `more` options of esbuild. */
export async function bundlePage(entry: URL, more: BuildOptions = {}): Promise<Uint8Array> {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(entry)],
    bundle: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    conditions: ['source'],
    logLevel: 'error',
    ...more,
    write: false,
  });
  const [script] = outputFiles;
  if (script === undefined) throw new Error(`${entry.pathname}: expected one bundle, got none`);
  return script.contents;
}
