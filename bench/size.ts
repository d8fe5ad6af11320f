// Bytes shipped, minified and gzipped, held to bench/size-budgets.json. A page loads a first part, in as many
// files as a bundler splits it into, and further ones where a model or a call needs them; each has its budget.
// "runtime" is what a page downloads before any engine to predict, learn, keep and undo with a model of
// pictures; "browser" is what targets/browser adds to it, its worker included, and "browserWithTfjs" is all
// of a page; both from the built files, whose shaders are shortened. "scriptTag" is everything in one file, for
// a script tag, which cannot load in parts. "package" is the npm tarball without the demo model and that file.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { gzipSync } from 'node:zlib';

import { build } from 'esbuild';
import type { Metafile } from 'esbuild';

import budgets from './size-budgets.json' with { type: 'json' };

interface Tarball {
  readonly size: number;
  readonly files: readonly { readonly path: string }[];
}

interface Parts {
  readonly first: number;
  /** By what is imported later: what its file and those it brings add to the first part. */
  readonly later: ReadonlyMap<string, number>;
}

const outdir = 'dist';

async function measure(entryPoints: string[], external: string[] = []): Promise<Parts> {
  const { outputFiles, metafile } = await build({
    entryPoints,
    bundle: true,
    minify: true,
    splitting: true,
    format: 'esm',
    platform: 'browser',
    external,
    metafile: true,
    write: false,
    outdir,
    entryNames: '[name]-[hash]',
  });
  const sizes = new Map(
    outputFiles.map(({ path, contents }) => [basename(path), gzipSync(contents).length]),
  );
  const sizeOf = (outputs: readonly string[]): number =>
    outputs.reduce((sum, output) => sum + sizes.get(basename(output))!, 0);
  const entries = Object.entries(metafile.outputs).filter(([, { entryPoint }]) => entryPoint);
  const isFirst = (entryPoint = ''): boolean => entryPoints.includes(entryPoint);
  const first = new Set(
    entries.flatMap(([path, { entryPoint }]) =>
      isFirst(entryPoint) ? loadedWith(path, metafile) : [],
    ),
  );
  const later = entries
    .filter(([, { entryPoint }]) => !isFirst(entryPoint))
    .map(([path, { entryPoint }]): [string, number] => {
      const added = loadedWith(path, metafile).filter((output) => !first.has(output));
      return [basename(entryPoint!).replace(/\.[jt]s$/, ''), sizeOf(added)];
    });
  return { first: sizeOf([...first]), later: new Map(later) };
}

/** The output and all that it imports at once. */
function loadedWith(output: string, { outputs }: Metafile): string[] {
  const found = [output];
  for (const each of found) {
    for (const { path, kind, external } of outputs[each]!.imports) {
      const isLoaded = kind !== 'dynamic-import' && external !== true;
      if (isLoaded && !found.includes(path)) found.push(path);
    }
  }
  return found;
}

const scriptTag = ['onward-browser.js', 'onward-browser.licences.txt'].map((name) =>
  join(outdir, name),
);

function measurePackage(): number {
  const listing = execFileSync('npm', ['pack', '--dry-run', '--json'], { encoding: 'utf8' });
  const [tarball] = JSON.parse(listing) as Tarball[];
  if (tarball === undefined) throw new Error('size: expected one tarball, got none');
  console.log(`  npm tarball ${tarball.size} bytes, all in all`);
  const apart = tarball.files.filter(
    ({ path }) => path.endsWith('.onward') || scriptTag.includes(path),
  );
  return apart.reduce((size, { path }) => size - gzipSync(readFileSync(path)).length, tarball.size);
}

function check(name: string, bytes: number, budget: number | undefined): void {
  console.log(`${name}: ${bytes} of ${budget ?? 'no'} bytes`);
  if (budget !== undefined && bytes <= budget) return;
  console.error(
    `size: expected ${name} at most ${budget ?? 'as bench/size-budgets.json says'} bytes, got ${bytes}`,
  );
  process.exitCode = 1;
}

function checkParts(name: string, { first, later }: Parts, budget: number): void {
  check(name, first, budget);
  const parts: Readonly<Record<string, number>> = budgets.laterGzipBytes;
  for (const [part, bytes] of later) check(`  ${name}, later: ${part}`, bytes, parts[part]);
}

const page = ['dist/targets/browser/index.js', 'dist/targets/browser/lesson-worker.js'];
const runtime = await measure(['runtime/index.ts']);
checkParts('runtime', runtime, budgets.runtimeGzipBytes);
const sound = await measure(['runtime/index.ts', 'runtime/sound.ts']);
check('  runtime, by onward/sound', sound.first - runtime.first, budgets.laterGzipBytes.sound);
const own = await measure(page, ['@tensorflow/*', '#runtime']);
checkParts('browser', own, budgets.browserGzipBytes);
checkParts('browserWithTfjs', await measure(page), budgets.browserWithTfjsGzipBytes);
check('scriptTag', gzipSync(readFileSync(scriptTag[0]!)).length, budgets.scriptTagGzipBytes);
check('package', measurePackage(), budgets.packageBytes);
