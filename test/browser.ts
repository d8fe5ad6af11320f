// Runs test/browser/*.ts in Chromium, in one page on localhost, and prints what test/run.ts prints.
//
//   node --conditions=source --import tsx test/browser.ts [part of a path ...]
//
// Chromium is Debian's, or what CHROMIUM names. WebGL is SwiftShader's, so no GPU is needed, and
// what it computes is the same on every machine. Without Chromium nothing runs, and that is said.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { chromium } from 'playwright-core';
import type { Browser } from 'playwright-core';

import { bundleTests } from './support/browser-bundle.ts';
import type { ServedFiles } from './support/browser-bundle.ts';
import type { FileReport } from './support/browser-page.ts';
import { sharedData } from './support/shared-data.ts';

/** Of one test file; generous, since the rasteriser shares the CPU with everything else. */
const fileLimitMs = 900_000;

const root = fileURLToPath(new URL('..', import.meta.url));
const candidates = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
const executablePath = process.env['CHROMIUM'] ?? candidates.find((path) => existsSync(path));

const launchOptions = {
  headless: true,
  args: [
    '--use-gl=angle',
    '--use-angle=swiftshader',
    '--enable-unsafe-swiftshader',
    '--no-sandbox',
    '--disable-gpu-watchdog',
  ],
};

function findTests(filters: readonly string[]): string[] {
  const folder = join('test', 'browser');
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

async function run(filters: readonly string[]): Promise<number> {
  const total = { passed: 0, failed: 0, skipped: 0 };
  const problems: string[] = [];
  const paths = findTests(filters);
  if (executablePath === undefined) {
    total.skipped = paths.length;
    console.log(
      `no Chromium at ${candidates.join(', ')} and none in CHROMIUM: browser tests did not run`,
    );
  } else {
    const server = await serve(await bundleTests(root, paths));
    const browser = await chromium.launch({ ...launchOptions, executablePath });
    console.log(`Chromium ${browser.version()}`);
    const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    for (const path of paths) {
      const report = await runFile(browser, origin, path);
      total.passed += report.passed;
      total.failed += report.failed;
      total.skipped += report.skipped;
      problems.push(...report.problems);
    }
    await browser.close();
    server.close();
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
process.exitCode = (await run(process.argv.slice(2))) === 0 ? 0 : 1;
