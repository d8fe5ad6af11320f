// The library as others put it on their pages: by a script tag, from another origin, by a bundler.
// Each page predicts, learns in a worker, and remembers after a reload, under a strict policy.
import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';

import { build } from 'esbuild';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { encodePackage } from '#exporters';

import { bundleScriptTag } from '../../../scripts/bundle-script-tag.mjs';
import type { Visit } from '../../support/in-page/visit.ts';
import { smallContent } from '../../support/small-content.ts';
import { openStrictPage, serveFiles } from '../../support/strict-page.ts';
import type { FileServer, PageFiles } from '../../support/strict-page.ts';

const test = suite('onward on other pages');
const root = fileURLToPath(new URL('../../../', import.meta.url));
const library = 'onward-browser.js';

/** A page of these lines with a package to open, and the file `library` where it is on this server. */
async function pageOf(lines: readonly string[], files: PageFiles): Promise<PageFiles> {
  const bytes = await encodePackage(smallContent(), async (data) =>
    createHash('sha256').update(data).digest(),
  );
  return {
    'index.html': [
      '<!doctype html>',
      '<meta charset="utf-8">',
      '<title>mine</title>',
      ...lines,
    ].join('\n'),
    'small.onward': bytes,
    ...files,
  };
}

/** What another person's bundler makes of an entry of theirs, from the built package. */
async function bundle(...entries: readonly string[]): Promise<PageFiles> {
  const { outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: [...entries],
    entryNames: '[name]',
    bundle: true,
    minify: true,
    splitting: true,
    format: 'esm',
    platform: 'browser',
    outdir: 'out',
    write: false,
    logLevel: 'error',
  });
  return Object.fromEntries(outputFiles.map(({ path, contents }) => [basename(path), contents]));
}

/** Visits twice: the second visit must start where the first one ended, taught by `worker`. */
async function expectTwoVisits(
  server: FileServer,
  worker: (url: string) => boolean,
): Promise<void> {
  await using visitor = await openStrictPage(server.origin);
  const { page, problems, workers } = visitor;
  const visited = async (): Promise<Visit> => {
    await page.waitForFunction(() => 'visited' in globalThis);
    return page.evaluate(() => globalThis.visited);
  };
  const first = await visited();
  assert.equal(first.fallbacks, []);
  assert.ok(first.kept);
  assert.is(first.remembered, 0);
  assert.not.equal(first.after, first.before);
  await page.reload();
  const second = await visited();
  assert.is(second.remembered, 1);
  assert.equal(second.before, first.after);
  assert.is(workers.length, 2);
  for (const url of workers) assert.ok(worker(url), url);
  assert.equal(problems, []);
}

for (const tag of [
  '<script src="onward-browser.js">',
  '<script type="module" src="onward-browser.js">',
]) {
  test(`${tag}: nothing else is needed, and a worker of the same file teaches`, async () => {
    const lines = [`${tag}</script>`, '<script type="module" src="visit-by-script.js"></script>'];
    const { script } = await bundleScriptTag();
    const files = await bundle('test/support/in-page/visit-by-script.ts');
    await using server = await serveFiles(await pageOf(lines, { [library]: script, ...files }));
    await expectTwoVisits(server, (url) => url === server.origin + library);
  });
}

test('from another origin: the worker imports the file from there', async () => {
  const { script } = await bundleScriptTag();
  await using other = await serveFiles({ [library]: script });
  const lines = [
    `<script src="${other.origin}${library}"></script>`,
    '<script type="module" src="visit-by-script.js"></script>',
  ];
  const files = await bundle('test/support/in-page/visit-by-script.ts');
  const policy = `default-src 'none'; script-src 'self' ${other.origin}; worker-src blob:; connect-src 'self'`;
  await using server = await serveFiles(await pageOf(lines, files), policy);
  await expectTwoVisits(server, (url) => url.startsWith(`blob:${server.origin}`));
});

test('from a bundler: the worker is a second entry beside the first', async () => {
  const files = await bundle(
    'test/support/in-page/visit-by-import.ts',
    'onward/browser/lesson-worker',
  );
  const lines = ['<script type="module" src="visit-by-import.js"></script>'];
  await using server = await serveFiles(await pageOf(lines, files));
  await expectTwoVisits(server, (url) => url === `${server.origin}lesson-worker.js`);
});

test.run();
