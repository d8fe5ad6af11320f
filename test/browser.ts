// Runs test/browser/*.ts in Chromium, each in a page on localhost, then what drives pages from here:
// test/browser/pages, the library on other people's pages; test/browser/demo, the demo page as a person
// uses it; test/browser/parity, what a page learns against another engine here. Prints what test/run.ts prints; run by it (`npm test`), it
// sends what it found instead of the closing line.
//
//   node --conditions=source --import tsx test/browser.ts [part of a path ...]
//
// Without Chromium nothing runs, and that is said: each file counts as skipped.
import { readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { basename, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

import type { Browser } from 'playwright-core';

import { bundleTests } from './support/browser-bundle.ts';
import type { ServedFiles } from './support/browser-bundle.ts';
import type { FileReport } from './support/browser-page.ts';
import { chromiumMissing, closeSharedChromium, sharedChromium } from './support/chromium.ts';
import { sharedData } from './support/shared-data.ts';

/** Of one test file; generous, since the rasteriser shares the CPU with everything else. */
const fileLimitMs = 900_000;

const root = fileURLToPath(new URL('..', import.meta.url));
const pageTests = join('test', 'browser');
const driverTests = ['pages', 'demo', 'parity'].map((name) => join(pageTests, name));

function findTests(folder: string, filters: readonly string[]): string[] {
  return readdirSync(join(root, folder))
    .filter((name) => name.endsWith('.ts'))
    .map((name) => join(folder, name))
    .filter((path) => filters.length === 0 || filters.some((filter) => path.includes(filter)))
    .toSorted();
}

async function serve(files: ServedFiles): Promise<Server> {
  const server = createServer((request, response) => {
    const path = request.url ?? '';
    const model = modelFile(path);
    if (model !== null) {
      response
        .writeHead(200, { 'content-type': 'application/octet-stream' })
        .end(readFileSync(model));
      return;
    }
    const file = files.get(path);
    if (file === undefined) {
      response.writeHead(404).end();
      return;
    }
    response.writeHead(200, { 'content-type': file.type }).end(file.body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

/** The file behind /models/NAME.onnx, where there are such models. */
function modelFile(path: string): string | null {
  const name = /^\/models\/([\w.-]+\.onnx)$/.exec(path)?.[1];
  return name === undefined ? null : sharedData(name);
}

function timeout(name: string): Promise<FileReport> {
  return new Promise((resolve) => {
    setTimeout(() => {
      const problem = `${name}: a test or hook never settled`;
      resolve({ passed: 0, failed: 1, skipped: 0, problems: [problem] });
    }, fileLimitMs).unref();
  });
}

/** Runs one file in a page of its own. */
async function runFile(browser: Browser, origin: string, path: string): Promise<FileReport> {
  console.log(`\n${path}`);
  const page = await browser.newPage();
  const problems: string[] = [];
  page.on('pageerror', (error) => problems.push(`${path}: outside any test: ${error.message}`));
  page.on('crash', () => problems.push(`${path}: the page crashed`));
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'log')
      console.log(`  page: ${message.text()}`);
  });
  await page.exposeFunction('printText', (text: string) => process.stdout.write(text));
  await page.goto(origin);
  await page.waitForFunction(() => 'runTestFile' in globalThis);
  const script = `/${basename(path).replace(/\.ts$/, '.js')}`;
  const report = await Promise.race([
    page.evaluate(([name, url]) => globalThis.runTestFile(name!, url!), [path, script]),
    timeout(path),
  ]);
  await page.close();
  return {
    ...report,
    failed: report.failed + problems.length,
    problems: [...report.problems, ...problems],
  };
}

/** Runs one file here; it opens a browser of its own. */
async function runDriver(path: string): Promise<FileReport> {
  console.log(`\n${path}`);
  const { href } = pathToFileURL(join(root, path));
  return Promise.race([globalThis.runTestFile(path, href), timeout(path)]);
}

async function runPages(paths: readonly string[], add: (report: FileReport) => void) {
  const server = await serve(await bundleTests(root, paths));
  const browser = await sharedChromium();
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  for (const path of paths) add(await runFile(browser, origin, path));
  server.closeAllConnections();
  server.close();
}

async function runDrivers(paths: readonly string[], add: (report: FileReport) => void) {
  globalThis.UVU_DEFER = 1;
  globalThis.UVU_QUEUE = [];
  globalThis.printText = (text) => void process.stdout.write(text);
  await import('./support/browser-page.ts');
  for (const path of paths) add(await runDriver(path));
}

async function run(filters: readonly string[]): Promise<FileReport> {
  const total = { passed: 0, failed: 0, skipped: 0, problems: [] as string[] };
  const add = (report: FileReport): void => {
    total.passed += report.passed;
    total.failed += report.failed;
    total.skipped += report.skipped;
    total.problems.push(...report.problems);
  };
  const pages = findTests(pageTests, filters);
  const drivers = driverTests.flatMap((folder) => findTests(folder, filters));
  if (pages.length + drivers.length === 0) return total;
  if (chromiumMissing !== null) return { ...total, skipped: pages.length + drivers.length };
  console.log(`\nChromium ${(await sharedChromium()).version()}`);
  if (pages.length > 0) await runPages(pages, add);
  if (drivers.length > 0) await runDrivers(drivers, add);
  await closeSharedChromium();
  return total;
}

function printClosingLine({ passed, failed, skipped, problems }: FileReport): void {
  if (problems.length > 0) console.log(`\nproblems:\n  ${problems.join('\n  ')}`);
  if (chromiumMissing !== null) console.log(`\n${chromiumMissing}: browser tests did not run`);
  const skips = skipped === 0 ? '' : `, ${skipped} skipped`;
  console.log(`\n${passed} passed, ${failed} failed${skips}`);
}

process.exitCode = 1; // until everything has run
const found = await run(process.argv.slice(2));
if (process.send !== undefined) {
  // Not left to the event loop: a browser of a test that failed may hold it open.
  process.send(found, () => process.exit(0));
} else {
  const isEmpty = found.passed + found.failed + found.skipped === 0;
  const report = isEmpty ? { ...found, failed: 1, problems: ['found no browser tests'] } : found;
  printClosingLine(report);
  process.exit(report.failed === 0 ? 0 : 1);
}
