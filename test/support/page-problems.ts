// What can be checked of a page's accessibility by machine: names, sizes, contrast, references, and
// that nothing scrolls sideways. Runs in the page; `pageProblems` is its script.
import { fileURLToPath } from 'node:url';

import { build } from 'esbuild';

/** A script whose value is what is wrong with the page as it is now, in sentences. */
export async function pageProblems(): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL('in-page/find-problems.ts', import.meta.url))],
    bundle: true,
    write: false,
    format: 'iife',
    globalName: 'found',
    target: 'es2022',
  });
  return `(() => { ${outputFiles[0]!.text}; return found.findProblems(); })()`;
}
