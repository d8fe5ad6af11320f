// npm run bench: everything that is claimed, measured, in one table. Quick by default; --full takes every task,
// every user, three seeds and ten thousand steps, and takes up a run that was stopped. --only forward,accuracy,...
// picks parts, --tasks digits-hard,... tasks; --json prints JSON; --fresh measures again what earlier runs kept.
// --report file.json measures nothing: it draws report.html of a result file, as every run does of its own.
// --compare a.json b.json measures nothing: it says what became worse from a to b, and exits with 1 if anything did.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

import { tableLines } from '../targets/raspberry-pi/commands/table.ts';
import { compareResults } from './compare.ts';
import { measureGrowth } from './growth-curves/measure.ts';
import { measureTask } from './measure-task.ts';
import { measurePeers } from './peers/measure.ts';
import { accuracyRows } from './report/accuracy-rows.ts';
import { browserRows } from './report/browser-rows.ts';
import { forwardRows } from './report/forward-rows.ts';
import { growthCurveRows } from './report/growth-curve-rows.ts';
import { growthRows } from './report/growth-rows.ts';
import { standaloneSvg } from './report/html/chart.ts';
import { paretoChart } from './report/html/pareto-chart.ts';
import { reportPage } from './report/html/report-page.ts';
import { memoryRows } from './report/memory-rows.ts';
import { peerRows } from './report/peer-rows.ts';
import type { Row } from './report/row.ts';
import { sequenceRows } from './report/sequence-rows.ts';
import { sizeRows } from './report/size-rows.ts';
import { streamRows } from './report/stream-rows.ts';
import { timeRows } from './report/time-rows.ts';
import type { BenchResults, GrowthCurve, PeerResult, TaskResult } from './results.ts';
import { taskNamed, tasks } from './tasks/table.ts';
import type { Task } from './tasks/task.ts';
import { machine, versions } from './versions.ts';

const { values: options, positionals } = parseArgs({
  options: {
    full: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    fresh: { type: 'boolean', default: false },
    compare: { type: 'boolean', default: false },
    report: { type: 'boolean', default: false },
    only: { type: 'string' },
    tasks: { type: 'string' },
  },
  allowPositionals: true,
});
const resultsFolder = fileURLToPath(new URL('./results/', import.meta.url));
const onnxFile = fileURLToPath(new URL('../demo/digits.onnx', import.meta.url));
const onnx = new Uint8Array(readFileSync(onnxFile));
const measuredTasks: TaskResult[] = [];
const measuredPeers: PeerResult[] = [];
const browserInFull = { learnRounds: 15, predictRounds: 45, tracedCalls: 10, steps: 1000 };
const browserInQuick = { learnRounds: 3, predictRounds: 5, tracedCalls: 5, steps: 40 };
let measuredGrowth: readonly GrowthCurve[] = [];

const parts: Readonly<Record<string, () => Promise<Row[]>>> = {
  forward: () => forwardRows(options.full ? 400 : 100),
  accuracy,
  memory: () => memoryRows(progress),
  time: () => timeRows(options.full ? 25 : 5, progress),
  sequences: () => sequenceRows({ isFull: options.full, onProgress: progress }),
  streams: () => streamRows(options.full ? 5000 : 1000),
  growth: () => growthRows(onnx, options.full ? 10_000 : 1000),
  browser: () => browserRows(options.full ? browserInFull : browserInQuick, progress),
  size: async () => sizeRows(),
  peers,
  curves,
};

function progress(message: string): void {
  console.error(`  ${message}`);
}

function verdict({ holds }: Row): string {
  if (holds === null) return '';
  return holds ? 'yes' : 'NO';
}

async function accuracy(): Promise<Row[]> {
  const named = options.tasks?.split(',').map(taskNamed);
  const wanted = named ?? tasks.filter(({ quickUsers }) => options.full || quickUsers > 0);
  const rows: Row[] = [];
  for (const task of wanted) {
    const result = await measureTask(task, extentOf(task));
    measuredTasks.push(result);
    rows.push(...accuracyRows(result));
  }
  return rows;
}

async function curves(): Promise<Row[]> {
  measuredGrowth = await measureGrowth(!options.full, progress);
  return growthCurveRows(measuredGrowth);
}

async function peers(): Promise<Row[]> {
  const works = options.full
    ? (['resnet-8', 'twenty convolutions'] as const).flatMap((network) => [
        { network, batchSize: 4 },
        { network, batchSize: 16 },
      ])
    : ([{ network: 'resnet-8', batchSize: 4 }] as const);
  const rows: Row[] = [];
  for (const work of works) {
    const results = await measurePeers({
      ...work,
      rounds: options.full ? 25 : 7,
      onProgress: progress,
    });
    measuredPeers.push(...results);
    rows.push(...peerRows(results));
  }
  return rows;
}

function extentOf(task: Task): Parameters<typeof measureTask>[1] {
  const users = options.full ? task.users.length : Math.max(1, task.quickUsers);
  return {
    users: task.users.slice(0, users),
    seeds: options.full ? [1, 2, 3] : [1],
    every: options.full ? 32 : 256,
    rounds: options.full ? 100 : 15,
    repeats: options.full ? 5 : 1,
    onDone: (done, total) => {
      if (done % 10 === 0 || done === total) progress(`${task.name}: ${done} of ${total} runs`);
    },
  };
}

function read(file: string): BenchResults {
  return JSON.parse(readFileSync(file, 'utf8')) as BenchResults;
}

/** Writes bench/report.html, and a picture of each task beside the results. */
function draw(results: BenchResults): void {
  const page = fileURLToPath(new URL('./report.html', import.meta.url));
  writeFileSync(page, reportPage(results));
  mkdirSync(resultsFolder, { recursive: true });
  for (const task of results.tasks.filter(({ arms }) => arms.length > 0)) {
    writeFileSync(`${resultsFolder}${task.task}.svg`, standaloneSvg(paretoChart(task)));
  }
  console.error(`report: ${page}`);
}

function compare([before, after]: readonly string[]): never {
  if (before === undefined || after === undefined) {
    console.error('bench: expected --compare before.json after.json');
    process.exit(2);
  }
  const { regressions, notes } = compareResults(read(before), read(after));
  if (options.json) console.log(JSON.stringify({ regressions, notes }));
  else {
    for (const note of notes) console.log(`note: ${note}`);
    for (const regression of regressions) console.log(`worse: ${regression}`);
    console.log(`${regressions.length} regressions`);
  }
  process.exit(regressions.length > 0 ? 1 : 0);
}

if (options.compare) compare(positionals);
if (options.report) {
  draw(read(positionals[0] ?? `${resultsFolder}quick.json`));
  process.exit(0);
}
if (options.fresh) rmSync(`${resultsFolder}runs`, { recursive: true, force: true });
const date = new Date().toISOString();
const wanted = options.only?.split(',') ?? Object.keys(parts);
const rows: Row[] = [];
const seconds: Record<string, number> = {};
for (const part of wanted) {
  const measure = parts[part];
  if (!measure) {
    console.error(`bench: expected --only of ${Object.keys(parts).join(', ')}, got ${part}`);
    process.exit(2);
  }
  console.error(`${part} ...`);
  const begun = performance.now();
  rows.push(...(await measure()));
  seconds[part] = Math.round((performance.now() - begun) / 1000);
  console.error(`${part}: ${seconds[part]} s`);
}

const results: BenchResults = {
  format: 1,
  date,
  mode: options.full ? 'full' : 'quick',
  machine: machine(),
  versions: versions(),
  seconds,
  claims: rows,
  tasks: measuredTasks,
  growth: measuredGrowth,
  peers: measuredPeers,
};
mkdirSync(resultsFolder, { recursive: true });
writeFileSync(`${resultsFolder}${results.mode}.json`, `${JSON.stringify(results, null, 2)}\n`);
draw(results);
if (options.json) console.log(JSON.stringify(results));
else {
  const cells = rows.map((row) => [row.claim, row.measured, row.promised, verdict(row)]);
  console.log(
    `\n${tableLines([['what', 'measured', 'promised', 'holds'], ...cells]).join('\n')}\n`,
  );
  for (const { task, verdict: said } of measuredTasks) {
    for (const sentence of said?.sentences ?? []) console.log(`${task}: ${sentence}`);
  }
  const { arch, cores, cpu } = results.machine;
  console.log(`\n${arch}, ${cores} x ${cpu}, Node ${results.versions.node}`);
}
if (rows.some(({ holds }) => holds === false)) process.exitCode = 1;
