// Makes the built package lighter, without a change of what it does. The exporters become one file,
// dist/exporters.js: two hundred small ones would be a third of the package. Spaces and line ends go from the
// JavaScript (lines stay below 400 characters and every name stays, so that a stack trace still tells where). And
// dist/.npmignore keeps from the npm package what nothing in it reads: declarations of the inside, and what
// earlier builds left in dist. All of it stays on the disk, where `tsc -b` looks for it.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';

import { build } from 'esbuild';

/** @type {{ exports: Record<string, string | Record<string, string>>, imports: Record<string, string | Record<string, string>>, bin: Record<string, string> }} */
const manifest = JSON.parse(readFileSync('package.json', 'utf8'));
const scripts = readdirSync('dist', { recursive: true, encoding: 'utf8' })
  .map((path) => join('dist', path))
  .filter((path) => /\.js$|\.d\.ts$/.test(path));

/** @type {import('esbuild').BuildOptions} */
const form = {
  outbase: 'dist',
  outdir: 'dist',
  format: 'esm',
  target: 'es2023',
  minifyWhitespace: true,
  minifySyntax: true,
  lineLimit: 400,
  legalComments: 'inline',
};

await build({
  ...form,
  entryPoints: { exporters: join('dist', 'exporters', 'index.js') },
  bundle: true,
  platform: 'node',
  packages: 'external',
  external: ['#*'],
});

/** @type {Set<string>} */
const read = new Set();

/** @param {string} path */
function follow(path) {
  if (read.has(path) || !existsSync(path)) return;
  read.add(path);
  if (!/\.js$|\.d\.ts$/.test(path)) return;
  const isTypes = path.endsWith('.d.ts');
  for (const [, name = ''] of readFileSync(path, 'utf8').matchAll(/["'`]([.#][^"'`\s]*)["'`]/g)) {
    const target = name.startsWith('.') ? join(dirname(path), name) : ownImport(name);
    if (target !== undefined) follow(isTypes ? target.replace(/(\.d)?\.[jt]s$/, '.d.ts') : target);
  }
}

/** @param {string} name such as #runtime */
function ownImport(name) {
  const found = manifest.imports[name];
  return typeof found === 'object' ? normalize(found['default'] ?? '') : undefined;
}

const ways = [...Object.values(manifest.exports), ...Object.values(manifest.bin)];
for (const way of ways.flatMap((each) => (typeof each === 'string' ? each : Object.values(each)))) {
  follow(normalize(way));
}
const unread = scripts.filter((path) => !read.has(path)).map((path) => path.slice('dist'.length));
writeFileSync(join('dist', '.npmignore'), `${unread.join('\n')}\n`);

const small = scripts.filter((path) => path.endsWith('.js') && dirname(path) !== 'dist');
await build({
  ...form,
  entryPoints: small.filter((path) => read.has(path)),
  allowOverwrite: true,
});
