// npm start: a new user's digits, learned in seven ways, and what each costs. Writes a picture of the
// accuracy while learning.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { SingleBar } from 'cli-progress';

import { prepareModel } from '#exporters';

import { tableLines } from '../targets/raspberry-pi/commands/table.ts';
import { writeArmPackage } from './arm-packages.ts';
import type { ArmRequest, ArmResult } from './arm-request.ts';
import { arms, courseEpochs, floatBackpropRate } from './arms.ts';
import { lineChart } from './line-chart.ts';
import { runArm } from './run-arm.ts';
import { calibrationSet } from './tasks/digit-users.ts';

const onnxFile = fileURLToPath(new URL('../demo/digits.onnx', import.meta.url));
const pictureFile = fileURLToPath(
  new URL('../demo/out/accuracy-while-learning.svg', import.meta.url),
);
const course = {
  // The first of the users that nothing was chosen on.
  owner: { user: 4, seed: 1, shift: 'hard', source: 'digits' },
  batchSize: 4,
  epochs: courseEpochs,
  every: 32,
} as const;

/** Every arm on the same user: name and result, in the order of the table. */
async function compare(
  folder: string,
  onArm: (name: string, done: number, total: number) => void,
): Promise<[string, ArmResult][]> {
  onArm('exporting', 0, arms.length + 1);
  const prepared = prepareModel(new Uint8Array(readFileSync(onnxFile)), {
    calibration: calibrationSet({ samples: 300 }),
  });
  const results: [string, ArmResult][] = [];
  const run = async (
    name: string,
    request: Omit<ArmRequest, keyof typeof course>,
  ): Promise<void> => {
    onArm(name, results.length, arms.length + 1);
    results.push([name, await runArm({ ...course, ...request })]);
  };
  for (const arm of arms) {
    const file = await writeArmPackage(prepared, arm, {
      folder,
      batchSize: course.batchSize,
      seed: 1,
    });
    await run(arm.name, { method: 'onward', file, learningRate: arm.rate });
  }
  await run('full backprop, float32', {
    method: 'float-backprop',
    file: onnxFile,
    learningRate: floatBackpropRate,
  });
  onArm('done', arms.length + 1, arms.length + 1);
  return results;
}

function percent(fraction: number): string {
  return `${(100 * fraction).toFixed(1)} %`;
}

function table(results: readonly (readonly [string, ArmResult])[]): string {
  return tableLines([
    ['what learns', 'before', 'after', 'peak memory', 'ms a step'],
    ...results.map(([name, { before, after, peakBytes, msPerStep }]) => [
      name,
      percent(before),
      percent(after),
      `${(peakBytes / 2 ** 20).toFixed(1)} MiB`,
      msPerStep.toFixed(1),
    ]),
  ]).join('\n');
}

const folder = mkdtempSync(join(tmpdir(), 'onward-demo-'));
const bar = new SingleBar({
  format: '{bar} {value}/{total}  {stage}',
  noTTYOutput: true,
  notTTYSchedule: 10_000,
});
try {
  console.log(
    'A small CNN that reads digits meets a person it was not trained for: slanted, squeezed,',
  );
  console.log('faint and noisy. It learns from 256 of their digits and is tested on 800 others.\n');
  bar.start(arms.length + 1, 0, { stage: '' });
  const results = await compare(folder, (stage, done) => bar.update(done, { stage }));
  bar.stop();
  console.log(`\n${table(results)}\n`);
  console.log('Peak memory is resident memory over the opened model, each arm in its own process.');
  mkdirSync(fileURLToPath(new URL('../demo/out/', import.meta.url)), { recursive: true });
  writeFileSync(
    pictureFile,
    lineChart({
      title: 'Accuracy on a new user’s digits while learning',
      xLabel: `steps of ${course.batchSize} examples`,
      yLabel: 'test accuracy, %',
      series: results.map(([name, { curve }]) => ({
        name,
        points: curve.map(([step, accuracy]) => [step, 100 * accuracy] as const),
      })),
    }),
  );
  console.log(`Accuracy while learning: demo/out/accuracy-while-learning.svg`);
} finally {
  rmSync(folder, { recursive: true });
}
