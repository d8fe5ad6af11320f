// Chooses the one number of every arm on a task, on users that no reported number comes from: argv is the task,
// `--arm name` where only one is wanted, `--users 2` for the first two only. settings.ts holds this table's best; run
// it again after changing a base model, a shift or a rule. All arms are swept by the same rule, on the same users,
// with seed 1.
import { parseArgs } from 'node:util';

import { tableLines } from '../targets/raspberry-pi/commands/table.ts';
import { ArmPackages } from './arm-packages.ts';
import type { ArmRequest } from './arm-request.ts';
import { armNamed, armsOf } from './arms.ts';
import type { Arm } from './arms.ts';
import { CoursePool } from './course-pool.ts';
import { firstRateOf, hasSetting, neighbourGrid, rateGrid, sameGradients } from './settings.ts';
import { taskNamed } from './tasks/table.ts';
import { temporaryFolder } from './temporary-folder.ts';

const { values, positionals } = parseArgs({
  options: { arm: { type: 'string' }, users: { type: 'string', default: '1000' } },
  allowPositionals: true,
});
const [taskName = 'digits-hard'] = positionals;
const task = taskNamed(taskName);
const missing = task.missing();
if (missing !== null) throw new Error(`tune: ${missing}`);
await task.make?.();
using folder = temporaryFolder('onward-tune-');
const packages = new ArmPackages(folder.path);
using pool = new CoursePool();

/** Accuracies over the tuning users, percent. */
async function tried(arm: Arm, setting: number): Promise<{ mean: number; worst: number }> {
  const requests: ArmRequest[] = [];
  for (const user of task.tuningUsers.slice(0, Number(values.users))) {
    const owner = { user, seed: 1 };
    const file = await packages.fileOf(task, arm, owner);
    requests.push({ task: task.name, arm: arm.name, owner, file, setting, every: null });
  }
  const results = await pool.run(requests);
  const mean = results.reduce((sum, { after }) => sum + after, 0) / results.length;
  const worst = Math.min(...results.map(({ after }) => after));
  console.error(`${task.name}, ${arm.name}, ${setting}: ${(100 * mean).toFixed(1)}`);
  return { mean: 100 * mean, worst: 100 * worst };
}

/** By setting, ascending. */
async function sweep(arm: Arm): Promise<[setting: number, Awaited<ReturnType<typeof tried>>][]> {
  if (!hasSetting(arm) || arm.name in sameGradients) return [];
  const isNearest = arm.method.kind === 'nearest';
  const grid: readonly number[] = isNearest ? neighbourGrid : rateGrid;
  const start = isNearest ? 0 : grid.indexOf(firstRateOf(task));
  const found = new Map<number, Awaited<ReturnType<typeof tried>>>();
  const walk = async (settings: readonly number[]): Promise<void> => {
    let worseInARow = 0;
    for (const setting of settings) {
      const best = Math.max(...Array.from(found.values(), ({ mean }) => mean));
      const result = await tried(arm, setting);
      found.set(setting, result);
      worseInARow = result.mean < best ? worseInARow + 1 : 0;
      if (worseInARow === 2) return;
    }
  };
  await walk(grid.slice(start));
  await walk(grid.slice(0, start).toReversed());
  return [...found].toSorted(([a], [b]) => a - b);
}

for (const arm of values.arm === undefined ? armsOf(task) : [armNamed(values.arm)]) {
  const found = await sweep(arm);
  if (found.length === 0) continue;
  const best = found.reduce((a, b) => (b[1].mean > a[1].mean ? b : a));
  console.log(`${arm.name}: ${best[0]}`);
  const rows = found.map(([setting, { mean, worst }]) => [
    `  ${setting}`,
    mean.toFixed(1),
    worst.toFixed(1),
  ]);
  console.log(tableLines([['  setting', 'mean, %', 'worst'], ...rows]).join('\n'));
}
