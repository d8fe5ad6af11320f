// Takes the comments out of the built JavaScript, in place: what is published stays readable line by
// line, its documentation stands in the .d.ts beside it, and the package is a fifth smaller.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';

import { build } from 'esbuild';

const files = readdirSync('dist', { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.js'))
  .map((path) => join('dist', path));

await build({
  entryPoints: files,
  outdir: 'dist',
  outbase: 'dist',
  allowOverwrite: true,
  format: 'esm',
  target: 'es2023',
  legalComments: 'inline',
});
