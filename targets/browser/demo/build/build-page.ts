// Every file of the page, ready to be served by anything that serves files.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';

import { build } from 'esbuild';
import type { BuildOptions } from 'esbuild';

import { demoData } from './demo-package.ts';
import { iconPng } from './icon.ts';

const root = fileURLToPath(new URL('../../../../', import.meta.url));
const source = 'targets/browser/demo';

const manifest = {
  id: './',
  name: 'Onward: teach it your handwriting',
  short_name: 'Onward',
  description: 'A digit reader that learns your handwriting, on this device.',
  start_url: './',
  scope: './',
  display: 'standalone',
  background_color: '#f6f6f3',
  theme_color: '#0b5c8a',
  icons: [192, 512].map((side) => ({
    src: `icon-${side}.png`,
    sizes: `${side}x${side}`,
    type: 'image/png',
    purpose: 'any maskable',
  })),
};

const options = {
  absWorkingDir: root,
  bundle: true,
  minify: true,
  format: 'esm',
  platform: 'browser',
  target: 'es2022',
  conditions: ['source'],
  outdir: 'demo/out/browser',
  write: false,
  logLevel: 'error',
} as const satisfies BuildOptions;

/** By file name. */
export async function buildPage(): Promise<Map<string, Uint8Array>> {
  const files = new Map<string, Uint8Array>([
    ...(await demoData(readFileSync(`${root}demo/digits.onnx`))),
    ...(await bundle(['page.ts', '../lesson-worker.ts'])),
    ['manifest.webmanifest', Buffer.from(JSON.stringify(manifest))],
    ['icon-192.png', iconPng(192)],
    ['icon-512.png', iconPng(512)],
    ['index.html', readFileSync(`${root}${source}/index.html`)],
    ['style.css', readFileSync(`${root}${source}/style.css`)],
  ]);
  for (const [name, bytes] of await serviceWorker(files)) files.set(name, bytes);
  return files;
}

async function bundle(entries: readonly string[]): Promise<Map<string, Uint8Array>> {
  const { outputFiles } = await build({
    ...options,
    entryPoints: entries.map((entry) => `${source}/${entry}`),
    entryNames: '[name]',
    chunkNames: '[name]-[hash]',
    splitting: true,
  });
  return new Map(outputFiles.map(({ path, contents }) => [basename(path), contents]));
}

/** Knows every other file, and has a new version whenever one of them changes. */
async function serviceWorker(
  files: ReadonlyMap<string, Uint8Array>,
): Promise<Map<string, Uint8Array>> {
  const hash = createHash('sha256');
  for (const [name, bytes] of files) hash.update(name).update(bytes);
  const names = [...files.keys()].map((name) => (name === 'index.html' ? './' : name));
  const { outputFiles } = await build({
    ...options,
    format: 'iife',
    entryPoints: [`${source}/offline/service-worker.ts`],
    entryNames: '[name]',
    define: {
      files: JSON.stringify(names),
      version: JSON.stringify(hash.digest('hex').slice(0, 16)),
    },
  });
  return new Map(outputFiles.map(({ path, contents }) => [basename(path), contents]));
}
