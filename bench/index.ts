// npm run bench: everything that is claimed, measured, in one table. Quick by default; --full takes
// every owner, three seeds and ten thousand steps. --only forward,memory,... picks parts; --json prints JSON.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { arch, cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

import { prepareModel } from '#exporters';

import { tableLines } from '../targets/raspberry-pi/commands/table.ts';
import { accuracyRows, measureArms } from './report/accuracy-rows.ts';
import { forwardRows } from './report/forward-rows.ts';
import { growthRows } from './report/growth-rows.ts';
import { memoryRows } from './report/memory-rows.ts';
import type { Row } from './report/row.ts';
import { sizeRows } from './report/size-rows.ts';
import { timeRows } from './report/time-rows.ts';
import { calibrationSet, reportingUsers } from './tasks/digit-users.ts';

const { values: options } = parseArgs({
  options: {
    full: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    only: { type: 'string' },
  },
});
const onnxFile = fileURLToPath(new URL('../demo/digits.onnx', import.meta.url));
const onnx = new Uint8Array(readFileSync(onnxFile));

const parts: Readonly<Record<string, () => Promise<Row[]>>> = {
  forward: () => forwardRows(options.full ? 400 : 100),
  accuracy,
  memory: memoryRows,
  time: () => timeRows(options.full ? 25 : 9),
  growth: () => growthRows(onnx, options.full ? 10_000 : 1000),
  size: async () => sizeRows(),
};

function verdict({ holds }: Row): string {
  if (holds === null) return '';
  return holds ? 'yes' : 'NO';
}

async function accuracy(): Promise<Row[]> {
  const prepared = prepareModel(onnx, { calibration: calibrationSet({ samples: 300 }) });
  const shifts = options.full ? (['hard', 'mild'] as const) : (['hard'] as const);
  const rows: Row[] = [];
  for (const shift of shifts) {
    const results = await measureArms({
      prepared,
      onnxFile,
      shift,
      seeds: options.full ? [1, 2, 3] : [1],
      users: options.full ? reportingUsers : reportingUsers.slice(0, 2),
      onDone: (done, total) => {
        if (done % 10 === 0 || done === total)
          console.error(`  ${shift}: ${done} of ${total} runs`);
      },
    });
    rows.push(...accuracyRows(results, shift));
  }
  return rows;
}

const wanted = options.only?.split(',') ?? Object.keys(parts);
const rows: Row[] = [];
for (const part of wanted) {
  const measure = parts[part];
  if (!measure) {
    console.error(`bench: expected --only of ${Object.keys(parts).join(', ')}, got ${part}`);
    process.exit(2);
  }
  console.error(`${part} ...`);
  rows.push(...(await measure()));
}

const machine = `${arch()}, ${cpus().length} x ${cpus()[0]?.model ?? 'unknown CPU'}, Node ${process.version}`;
const report = { machine, mode: options.full ? 'full' : 'quick', rows };
mkdirSync(fileURLToPath(new URL('./results/', import.meta.url)), { recursive: true });
const file = fileURLToPath(new URL(`./results/${report.mode}.json`, import.meta.url));
writeFileSync(file, `${JSON.stringify(report, null, 2)}\n`);
if (options.json) console.log(JSON.stringify(report));
else {
  const cells = rows.map((row) => [row.claim, row.measured, row.promised, verdict(row)]);
  console.log(
    `\n${tableLines([['what', 'measured', 'promised', 'holds'], ...cells]).join('\n')}\n\n${machine}`,
  );
}
if (rows.some(({ holds }) => holds === false)) process.exitCode = 1;
