// npm run bench: everything that is claimed, measured, in one table. Quick by default; --full takes every task,
// every user, three seeds and ten thousand steps, and takes up a run that was stopped. --only forward,accuracy,...
// picks parts, --tasks digits-hard,... tasks: what they give replaces these parts of the result file. --json prints
// JSON; --fresh measures again what earlier runs kept. What measures nothing:
// --report file.json draws report.html of a result file, as every run does of its own.
// --publish file.json puts its tables and pictures into the documents.
// --compare a.json b.json says what became worse from a to b, and exits with 1 if anything did.
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

import { tableLines } from '../targets/raspberry-pi/commands/table.ts';
import { compareResults } from './compare.ts';
import { joinResults } from './join-results.ts';
import { parts, partsNamed, partsOfRun } from './parts.ts';
import type { Part } from './parts.ts';
import { publish } from './publish.ts';
import { standaloneSvg } from './report/html/chart.ts';
import { paretoChart } from './report/html/pareto-chart.ts';
import { reportPage } from './report/html/report-page.ts';
import type { BenchResults } from './results.ts';
import { taskNamed } from './tasks/table.ts';
import { machine, versions } from './versions.ts';

const { values: options, positionals } = parseArgs({
  options: {
    full: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    fresh: { type: 'boolean', default: false },
    compare: { type: 'boolean', default: false },
    report: { type: 'boolean', default: false },
    publish: { type: 'boolean', default: false },
    only: { type: 'string' },
    tasks: { type: 'string' },
  },
  allowPositionals: true,
});
const resultsFolder = fileURLToPath(new URL('./results/', import.meta.url));
const mode = options.full ? 'full' : 'quick';
const order = parts.map(({ name }) => name);
const resultFile = `${resultsFolder}${mode}.json`;

function wantedParts(): Part[] {
  const isFull = options.full;
  const only = options.only?.split(',').map((name) => name.trim());
  if (options.tasks === undefined)
    return only ? partsNamed(only, { isFull }) : partsOfRun({ isFull });
  const named = options.tasks.split(',').map((name) => `accuracy:${taskNamed(name).name}`);
  const others = (only ?? []).filter((name) => name !== 'accuracy');
  return partsNamed([...named, ...others], { isFull });
}

/** Writes the result file after each part, so that a run that is stopped loses one at most. */
async function measure(wanted: readonly Part[]): Promise<BenchResults> {
  const used = versions();
  mkdirSync(resultsFolder, { recursive: true });
  let kept = existsSync(resultFile) ? parse(resultFile) : null;
  const ran: BenchResults[] = [];
  for (const part of wanted) {
    console.error(`${part.name} ...`);
    const begun = Date.now();
    const { rows, task, growth, peers } = await part.measure({
      isFull: options.full,
      onProgress: (message) => console.error(`  ${message}`),
    });
    const seconds = Math.round((Date.now() - begun) / 1000);
    console.error(`${part.name}: ${seconds} s`);
    const date = new Date(begun).toISOString();
    const run = { date, commit: used.commit, seconds, machine: machine() };
    const result: BenchResults = {
      format: 3,
      date,
      mode,
      versions: used,
      parts: { [part.name]: run },
      claims: rows.map((row) => Object.assign({ part: part.name }, row)),
      tasks: task ? [task] : [],
      growth: growth ?? [],
      peers: peers ?? [],
    };
    kept = joinResults(kept, result, order);
    writeFileSync(resultFile, `${JSON.stringify(kept, null, 2)}\n`);
    ran.push(result);
  }
  return ran.reduce((before, now) => joinResults(before, now, order));
}

function read(file: string): BenchResults {
  const results = parse(file);
  if (results.format === 3) return results;
  throw new RangeError(
    `${file}: expected results of format 3, got ${String(results.format)}; remove the file, or measure it again`,
  );
}

/** Of any format. Throws RangeError where it is no JSON. */
function parse(file: string): BenchResults {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as BenchResults;
  } catch (error) {
    throw new RangeError(`${file}: expected a result file, got: ${(error as Error).message}`);
  }
}

/** Writes bench/report.html, and a picture of each task beside the results. */
function draw(results: BenchResults): void {
  const page = fileURLToPath(new URL('./report.html', import.meta.url));
  writeFileSync(page, reportPage(results));
  for (const task of results.tasks.filter(({ arms }) => arms.length > 0)) {
    writeFileSync(`${resultsFolder}${task.task}.svg`, standaloneSvg(paretoChart(task)));
  }
  console.error(`report: ${page}`);
}

function compare([before, after]: readonly string[]): number {
  if (before === undefined || after === undefined) {
    console.error('bench: expected --compare before.json after.json');
    return 2;
  }
  const { regressions, notes } = compareResults(read(before), read(after));
  if (options.json) console.log(JSON.stringify({ regressions, notes }));
  else {
    for (const note of notes) console.log(`note: ${note}`);
    for (const regression of regressions) console.log(`worse: ${regression}`);
    console.log(`${regressions.length} regressions`);
  }
  return regressions.length > 0 ? 1 : 0;
}

/** What this run measured, as text. */
function print({ claims, tasks, ...results }: BenchResults): void {
  const verdict = { true: 'yes', false: 'NO', null: '' };
  const cells = claims.map((row) => [
    row.claim,
    row.measured,
    row.promised,
    verdict[`${row.holds}`],
  ]);
  console.log(
    `\n${tableLines([['what', 'measured', 'promised', 'holds'], ...cells]).join('\n')}\n`,
  );
  for (const { task, verdict: said } of tasks) {
    for (const sentence of said?.sentences ?? []) console.log(`${task}: ${sentence}`);
  }
  const { arch, cores, cpu } = machine();
  console.log(`\n${arch}, ${cores} x ${cpu}, Node ${results.versions.node}`);
}

async function main(): Promise<number> {
  if (options.compare) return compare(positionals);
  if (options.report || options.publish) {
    const results = read(positionals[0] ?? resultFile);
    if (options.report) draw(results);
    else publish(results, order);
    return 0;
  }
  const wanted = wantedParts();
  if (options.fresh) rmSync(`${resultsFolder}runs`, { recursive: true, force: true });
  const results = await measure(wanted);
  draw(read(resultFile));
  if (options.json) console.log(JSON.stringify(results));
  else print(results);
  return results.claims.some(({ holds }) => holds === false) ? 1 : 0;
}

try {
  process.exitCode = await main();
} catch (error) {
  if (!(error instanceof RangeError)) throw error;
  console.error(`bench: ${error.message}`); // of the command line, or of a file that it names
  process.exitCode = 2;
}
