// Bytes shipped, held to bench/size-budgets.json. "runtime" is what a page downloads before any
// engine: the runtime and msgpackr in one file, minified and gzipped. "browser" is what targets/browser
// adds to them for most models, without operators/rare.js, and "browserWithTfjs" all that a page can
// load; both from the built files, whose shaders are shortened. "scriptTag" is the same in one file for a
// script tag. "package" is the npm tarball without the demo model and without that one file.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { gzipSync } from 'node:zlib';

import { build } from 'esbuild';

import budgets from './size-budgets.json' with { type: 'json' };

interface Tarball {
  readonly size: number;
  readonly files: readonly { readonly path: string }[];
}

async function measureRuntime(): Promise<number> {
  const { outputFiles, metafile } = await build({
    entryPoints: ['runtime/index.ts'],
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    metafile: true,
    write: false,
    outdir: 'dist',
  });
  const [bundle] = outputFiles;
  if (bundle === undefined) throw new Error('size: expected one bundle, got none');
  const inputs = Object.values(metafile.outputs).flatMap((output) => Object.entries(output.inputs));
  for (const folder of ['runtime/', 'node_modules/']) {
    const parts = inputs.filter(([path]) => path.startsWith(folder));
    const bytes = parts.reduce((sum, [, { bytesInOutput }]) => sum + bytesInOutput, 0);
    console.log(`  ${folder} ${bytes} bytes minified in ${parts.length} files`);
  }
  return gzipSync(bundle.contents).length;
}

/** Of every file that a page with any model loads; `external` stays out. */
async function measureBrowser(
  external: string[],
  isCounted: (path: string) => boolean,
): Promise<number> {
  const { outputFiles } = await build({
    entryPoints: ['dist/targets/browser/index.js'],
    bundle: true,
    minify: true,
    splitting: true,
    format: 'esm',
    platform: 'browser',
    external,
    write: false,
    outdir: 'dist',
  });
  return outputFiles
    .filter(({ path }) => isCounted(basename(path)))
    .reduce((sum, { contents }) => sum + gzipSync(contents).length, 0);
}

const scriptTagFile = 'dist/onward-browser.js';

function measurePackage(): number {
  const listing = execFileSync('npm', ['pack', '--dry-run', '--json'], { encoding: 'utf8' });
  const [tarball] = JSON.parse(listing) as Tarball[];
  if (tarball === undefined) throw new Error('size: expected one tarball, got none');
  console.log(`  npm tarball ${tarball.size} bytes, all in all`);
  const apart = tarball.files.filter(
    ({ path }) => path.endsWith('.onward') || path === scriptTagFile,
  );
  return apart.reduce((size, { path }) => size - gzipSync(readFileSync(path)).length, tarball.size);
}

function check(name: string, bytes: number, budget: number): void {
  console.log(`${name}: ${bytes} of ${budget} bytes`);
  if (bytes <= budget) return;
  console.error(`size: expected ${name} at most ${budget} bytes, got ${bytes}`);
  process.exitCode = 1;
}

check('runtime', await measureRuntime(), budgets.runtimeGzipBytes);
const own = await measureBrowser(['@tensorflow/*', '#runtime'], (name) => !name.startsWith('rare'));
check('browser', own, budgets.browserGzipBytes);
const all = await measureBrowser([], () => true);
check('browserWithTfjs', all, budgets.browserWithTfjsGzipBytes);
check('scriptTag', gzipSync(readFileSync(scriptTagFile)).length, budgets.scriptTagGzipBytes);
check('package', measurePackage(), budgets.packageBytes);
