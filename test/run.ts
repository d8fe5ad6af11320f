// Runs every *.test.ts and cannot pass by accident. uvu alone exits 0 when a `before` hook throws,
// when a file forgets `.run()`, and when a test never settles; each of these is a failure here.
//
//   node --conditions=source --import tsx test/run.ts [--browser] [part of a path ...]
//
// With --browser, test/browser.ts comes after them, in a process of its own, and is counted too.
// The last line printed is `N passed, N failed`, with `, N skipped` where tests were skipped.
import { readdirSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';

import { runBrowserTests } from './support/browser-run.ts';
import { announcedSkips } from './support/skip.ts';

/** uvu's own result: [failures as text, or true], passed, skipped, registered. */
type RunSuite = () => Promise<[errors: string | true, ran: number, skips: number, total: number]>;
declare global {
  var UVU_DEFER: number;
  var UVU_INDEX: number;
  var UVU_QUEUE: RunSuite[][];
}

const { values: options, positionals: filters } = parseArgs({
  allowPositionals: true,
  options: {
    browser: { type: 'boolean', default: false },
    root: { type: 'string', default: fileURLToPath(new URL('..', import.meta.url)) },
    // Generous on purpose: a limit for hangs, not a test of speed.
    'suite-limit-ms': { type: 'string', default: '600000' },
    'run-limit-ms': { type: 'string', default: '1500000' },
  },
});
const root = resolve(options.root);
const suiteLimitMs = Number(options['suite-limit-ms']);
const runEnd = Date.now() + Number(options['run-limit-ms']);

const problems: string[] = [];
const notes: string[] = []; // stand above the closing line
let skipped = 0;
let isFinished = false;

// Shared with the watchdog, so that its closing line is true as well.
const counts = new Int32Array(new SharedArrayBuffer(8)); // passed, failed
const deadline = new Float64Array(new SharedArrayBuffer(8)); // of what runs now
const [passed, failed] = [0, 1];

function report(problem: string, failures = 1): void {
  problems.push(problem);
  counts[failed]! += failures;
  console.log(`  ${problem}`);
}

const ignoredFolders = new Set(['node_modules', 'dist', 'coverage']);

function findTests(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      return ignoredFolders.has(entry.name) || entry.name.startsWith('.') ? [] : findTests(path);
    }
    return entry.name.endsWith('.test.ts') ? [path] : [];
  });
}

/** The outcome of `work`, or 'hung' when it passes its limit or nothing is left that could end it. */
async function watch<Result>(
  work: Promise<Result>,
  mostMs = suiteLimitMs,
): Promise<Result | 'hung'> {
  const limitMs = Math.max(0, Math.min(mostMs, runEnd - Date.now()));
  deadline[0] = Date.now() + limitMs;
  let giveUp = ignore;
  const hang = new Promise<'hung'>((settle) => {
    giveUp = () => settle('hung');
  });
  const timer = setTimeout(giveUp, limitMs).unref();
  process.once('beforeExit', giveUp); // the event loop is empty, so nothing can settle any more
  try {
    return await Promise.race([work, hang]);
  } finally {
    clearTimeout(timer);
    process.off('beforeExit', giveUp);
  }
}

function ignore(): void {}

async function runFile(index: number, path: string): Promise<void> {
  const name = relative(root, path);
  console.log(`\n${name}`);
  announcedSkips.length = 0;
  globalThis.UVU_INDEX = index;
  const suites: RunSuite[] = (globalThis.UVU_QUEUE[index] = []);
  try {
    if ((await watch(import(pathToFileURL(path).href))) === 'hung') {
      return report(`${name}: importing the file never ended`);
    }
    if (suites.length === 0) return report(`${name}: registered no suite; is .run() missing?`);
    let uvuSkips = 0;
    for (const run of suites) uvuSkips += await runSuite(name, run);
    reportSkips(name, uvuSkips);
  } catch (error) {
    report(`${name}: ${error instanceof Error ? error.stack : String(error)}`);
  }
}

/** Runs one suite and returns how many of its tests uvu was told to skip. */
async function runSuite(name: string, run: RunSuite): Promise<number> {
  const result = await watch(run());
  if (result === 'hung') {
    console.log();
    report(`${name}: a test or hook never settled`);
    return 0;
  }
  const [errors, ran, skips, total] = result;
  counts[passed]! += ran;
  if (typeof errors === 'string') console.log(`\n${errors}`);
  if (ran < total) {
    const why = errors === true ? 'a hook threw, or a test threw something not an Error' : 'failed';
    report(`${name}: ${total - ran} of ${total} tests did not pass: ${why}`, total - ran);
  } else if (total === 0 && skips === 0) {
    report(`${name}: a suite has no tests`);
  }
  return skips;
}

function reportSkips(name: string, uvuSkips: number): void {
  for (const { name: test, reason } of announcedSkips)
    console.log(`  skipped: ${test} (${reason})`);
  skipped += announcedSkips.length;
  const silent = uvuSkips - announcedSkips.length;
  if (silent > 0) {
    report(`${name}: ${silent} tests skipped without a reason (.only or .skip); use skipBecause`);
  }
}

async function runBrowser(): Promise<void> {
  const ending = new AbortController();
  const found = await watch(runBrowserTests(filters, ending.signal), Infinity);
  if (found === 'hung') {
    ending.abort();
    return report('test/browser.ts: the run passed its limit');
  }
  if (found.note !== null) notes.push(found.note);
  counts[passed]! += found.passed;
  counts[failed]! += found.failed;
  skipped += found.skipped;
  problems.push(...found.problems);
}

function printClosingLine(): void {
  if (problems.length > 0) console.log(`\nproblems:\n  ${problems.join('\n  ')}`);
  for (const note of notes) console.log(`\n${note}`);
  const skips = skipped === 0 ? '' : `, ${skipped} skipped`;
  console.log(`\n${counts[passed]} passed, ${counts[failed]} failed${skips}`);
}

process.exitCode = 1; // until everything has run
process.on('uncaughtException', (error) => report(`outside any test: ${error.stack ?? error}`));
process.on('exit', () => {
  if (isFinished) return;
  process.exitCode = 1; // a test called process.exit
  report('the process ended before the tests did');
  printClosingLine();
});

deadline[0] = runEnd;
new Worker(new URL('watchdog.mjs', import.meta.url), {
  workerData: { deadline, counts, graceMs: 2000 },
  execArgv: [],
}).unref();

globalThis.UVU_DEFER = 1; // suites wait in UVU_QUEUE instead of starting themselves
globalThis.UVU_QUEUE = [];
const paths = findTests(root)
  .filter((path) => filters.length === 0 || filters.some((f) => relative(root, path).includes(f)))
  .toSorted();
for (const [index, path] of paths.entries()) {
  if (Date.now() > runEnd) {
    report(`the run passed its limit; ${paths.length - index} files did not run`);
    break;
  }
  await runFile(index, path);
}
if (options.browser) await runBrowser();
if (counts[passed]! + counts[failed]! + skipped === 0) {
  report(`found no tests in ${root}${filters.map((f) => ` matching '${f}'`).join(',')}`);
}
printClosingLine();
isFinished = true;
// Not left to the event loop: a test that hung may hold it open.
process.exit(counts[failed] === 0 ? 0 : 1);
