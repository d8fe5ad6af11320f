// dist/onward-browser.js: onward/browser with all it needs in one file, for a page that has a script
// tag and no bundler, and beside it the licences of what is in it. Built from the JavaScript in dist.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
const name = 'onward-browser';

/** @returns {Promise<{ script: string, licences: string }>} */
export async function bundleScriptTag() {
  const { version, license } = manifestOf(root);
  const { outputFiles, metafile } = await build({
    absWorkingDir: root,
    entryPoints: ['dist/targets/browser/script-tag.js'],
    bundle: true,
    minify: true,
    format: 'iife',
    platform: 'browser',
    target: 'es2022',
    // Only a worker beside the module asks for it, and here the worker is the file itself.
    define: { 'import.meta.url': 'undefined' },
    banner: { js: `/*! onward ${version}, ${license}; licences in ${name}.licences.txt */` },
    legalComments: 'none',
    metafile: true,
    write: false,
    outdir: 'dist',
  });
  const folders = new Set(
    Object.values(metafile.outputs)
      .flatMap(({ inputs }) => Object.entries(inputs))
      // A package that "browser" fields switch off leaves an empty stub.
      .filter(([path, { bytesInOutput }]) => bytesInOutput > 0 && !path.startsWith('(disabled)'))
      .map(([path]) => /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0])
      .filter((folder) => folder !== undefined),
  );
  return {
    script: outputFiles[0]?.text ?? '',
    licences: ['.', ...[...folders].toSorted()].map((folder) => licenceOf(folder)).join('\n\n'),
  };
}

/** @param {string} folder */
function licenceOf(folder) {
  const { name: title, version, license } = manifestOf(join(root, folder));
  const file = ['LICENSE', 'LICENSE.md', 'LICENSE.txt'].find((path) =>
    existsSync(join(root, folder, path)),
  );
  const text = file === undefined ? '' : readFileSync(join(root, folder, file), 'utf8').trim();
  return `== ${title} ${version}: ${license} ==\n${text}\n`;
}

/**
 * @param {string} folder
 * @returns {{ name: string, version: string, license: string }}
 */
function manifestOf(folder) {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { script, licences } = await bundleScriptTag();
  writeFileSync(join(root, 'dist', `${name}.js`), script);
  writeFileSync(join(root, 'dist', `${name}.licences.txt`), licences);
}
