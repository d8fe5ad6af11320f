// Runs test/browser/*.ts in Chromium, each in a page on localhost, then test/browser/demo/*.ts, which
// drive the demo page from here as a person would, and test/browser/parity/*.ts, which compare what a
// page learns with another engine here. Prints what test/run.ts prints.
//
//   node --conditions=source --import tsx test/browser.ts [part of a path ...]
//
// Without Chromium nothing runs, and that is said.
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
import { chromiumMissing, launchChromium } from './support/chromium.ts';
import { sharedData } from './support/shared-data.ts';

/** Of one test file; generous, since the rasteriser shares the CPU with everything else. */
const fileLimitMs = 900_000;

const root = fileURLToPath(new URL('..', import.meta.url));
const pageTests = join('test', 'browser');
const driverTests = [join('test', 'browser', 'demo'), join('test', 'browser', 'parity')];

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
  const browser = await launchChromium();
  console.log(`Chromium ${browser.version()}`);
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  for (const path of paths) add(await runFile(browser, origin, path));
  await browser.close();
  server.close();
}

async function runDrivers(paths: readonly string[], add: (report: FileReport) => void) {
  globalThis.UVU_DEFER = 1;
  globalThis.UVU_QUEUE = [];
  globalThis.printText = (text) => void process.stdout.write(text);
  await import('./support/browser-page.ts');
  for (const path of paths) add(await runDriver(path));
}

async function run(filters: readonly string[]): Promise<number> {
  const total = { passed: 0, failed: 0, skipped: 0 };
  const problems: string[] = [];
  const pages = findTests(pageTests, filters);
  const drivers = driverTests.flatMap((folder) => findTests(folder, filters));
  if (chromiumMissing !== null) {
    total.skipped = pages.length + drivers.length;
    console.log(`${chromiumMissing}: browser tests did not run`);
  } else {
    const add = (report: FileReport): void => {
      total.passed += report.passed;
      total.failed += report.failed;
      total.skipped += report.skipped;
      problems.push(...report.problems);
    };
    if (pages.length > 0) await runPages(pages, add);
    if (drivers.length > 0) await runDrivers(drivers, add);
    if (total.passed + total.failed + total.skipped === 0) {
      total.failed++;
      problems.push('found no browser tests');
    }
  }
  if (problems.length > 0) console.log(`\nproblems:\n  ${problems.join('\n  ')}`);
  const skips = total.skipped === 0 ? '' : `, ${total.skipped} skipped`;
  console.log(`\n${total.passed} passed, ${total.failed} failed${skips}`);
  return total.failed;
}

process.exitCode = 1; // until everything has run
const failed = await run(process.argv.slice(2));
// Not left to the event loop: a browser of a test that failed may hold it open.
process.exit(failed === 0 ? 0 : 1);
