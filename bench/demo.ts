// npm start: a new user's digits, learned in seven ways, and what each costs. Writes a picture of the
// accuracy while learning.
import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { SingleBar } from 'cli-progress';

import { tableLines } from '../targets/raspberry-pi/commands/table.ts';
import { ArmPackages } from './arm-packages.ts';
import type { ArmResult } from './arm-request.ts';
import { armNamed } from './arms.ts';
import { lineChart } from './line-chart.ts';
import { runArm } from './run-arm.ts';
import { settingOf } from './settings.ts';
import { hardDigits } from './tasks/digits.ts';
import { temporaryFolder } from './temporary-folder.ts';

const pictureFile = fileURLToPath(
  new URL('../demo/out/accuracy-while-learning.svg', import.meta.url),
);
// The first of the users that nothing was chosen on.
const owner = { user: hardDigits.users[0]!, seed: 1 };
const shown = [
  'head only',
  'last modules only',
  'random feedback',
  'onward',
  'exact replay',
  'int8 backprop',
  'full backprop, float32',
];

/** Every arm on the same user: name and result, in the order of the table. */
async function compare(
  folder: string,
  onArm: (name: string, done: number) => void,
): Promise<[string, ArmResult][]> {
  const packages = new ArmPackages(folder);
  const results: [string, ArmResult][] = [];
  for (const name of shown) {
    onArm(name, results.length);
    const arm = armNamed(name);
    const file = await packages.fileOf(hardDigits, arm, owner);
    const setting = settingOf(hardDigits, arm).value;
    const request = { task: hardDigits.name, arm: name, owner, file, setting, every: 32 };
    results.push([name, await runArm(request)]);
  }
  onArm('done', shown.length);
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

using folder = temporaryFolder('onward-demo-');
const bar = new SingleBar({
  format: '{bar} {value}/{total}  {stage}',
  noTTYOutput: true,
  notTTYSchedule: 10_000,
});
console.log(
  'A small CNN that reads digits meets a person it was not trained for: slanted, squeezed,',
);
console.log('faint and noisy. It learns from 256 of their digits and is tested on 800 others.\n');
bar.start(shown.length, 0, { stage: '' });
const results = await compare(folder.path, (stage, done) => bar.update(done, { stage }));
bar.stop();
console.log(`\n${table(results)}\n`);
console.log('Peak memory is resident memory over the opened model, each arm in its own process.');
mkdirSync(fileURLToPath(new URL('../demo/out/', import.meta.url)), { recursive: true });
writeFileSync(
  pictureFile,
  lineChart({
    title: 'Accuracy on a new user’s digits while learning',
    xLabel: `steps of ${hardDigits.batchSize} examples`,
    yLabel: 'test accuracy, %',
    series: results.map(([name, { curve }]) => ({
      name,
      points: curve.map(([step, accuracy]) => [step, 100 * accuracy] as const),
    })),
  }),
);
console.log(`Accuracy while learning: demo/out/accuracy-while-learning.svg`);
