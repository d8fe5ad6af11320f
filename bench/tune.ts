// Chooses the learning rate of every arm, on users that no reported number comes from. The rates in
// arms.ts are this table's best; run it again after changing the base model, the shift or a rule.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { prepareModel } from '#exporters';

import { tableLines } from '../targets/raspberry-pi/commands/table.ts';
import { writeArmPackage } from './arm-packages.ts';
import type { ArmRequest } from './arm-request.ts';
import { arms, courseEpochs } from './arms.ts';
import { runCourses } from './owners.ts';
import { calibrationSet, tuningUsers } from './tasks/digit-users.ts';

const onnxFile = fileURLToPath(new URL('../demo/digits.onnx', import.meta.url));
const [only] = process.argv.slice(2);
const rates = [0.004, 0.0075, 0.015, 0.03, 0.06, 0.12, 0.25, 0.5, 1];
const folder = mkdtempSync(join(tmpdir(), 'onward-tune-'));
try {
  const prepared = prepareModel(new Uint8Array(readFileSync(onnxFile)), {
    calibration: calibrationSet({ samples: 300 }),
  });
  const rows: string[][] = [];
  const sweep = async (name: string, file: string, method: ArmRequest['method']): Promise<void> => {
    const cells: string[] = [];
    for (const learningRate of rates) {
      const requests = tuningUsers.map((user): ArmRequest => ({
        file,
        method,
        owner: { user, seed: 1, shift: 'hard', source: 'digits' },
        batchSize: 4,
        learningRate,
        epochs: courseEpochs,
        every: null,
      }));
      const results = await runCourses(requests, () => {});
      const mean = results.reduce((sum, { after }) => sum + after, 0) / results.length;
      cells.push((100 * mean).toFixed(1));
      console.error(name, learningRate, cells.at(-1));
    }
    rows.push([name, ...cells]);
  };
  for (const arm of arms.filter(({ name }) => only === undefined || name === only)) {
    const file = await writeArmPackage(prepared, arm, { folder, batchSize: 4, seed: 1 });
    await sweep(arm.name, file, 'onward');
  }
  if (only === undefined || only === 'float')
    await sweep('full backprop, float32', onnxFile, 'float-backprop');
  console.log(tableLines([['learning rate', ...rates.map(String)], ...rows]).join('\n'));
} finally {
  rmSync(folder, { recursive: true });
}
