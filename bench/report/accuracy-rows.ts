import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { PreparedModel } from '#exporters';

import { writeArmPackage } from '../arm-packages.ts';
import type { ArmRequest } from '../arm-request.ts';
import { arms, courseEpochs, floatBackpropRate } from '../arms.ts';
import { runCourses } from '../owners.ts';
import { reportingUsers } from '../tasks/digit-users.ts';
import type { Shift } from '../tasks/digit-users.ts';
import type { Row } from './row.ts';

export interface ArmAccuracy {
  readonly name: string;
  /** Percent of the test images after learning, one per owner and seed. */
  readonly after: readonly number[];
  readonly before: readonly number[];
}

export interface AccuracyOptions {
  readonly prepared: PreparedModel;
  readonly onnxFile: string;
  readonly shift: Shift;
  readonly seeds: readonly number[];
  readonly users?: readonly number[];
  readonly onDone: (done: number, total: number) => void;
}

/** Every arm on every reporting owner and seed. */
export async function measureArms(options: AccuracyOptions): Promise<ArmAccuracy[]> {
  const { prepared, onnxFile, shift, seeds, users = reportingUsers, onDone } = options;
  const folder = mkdtempSync(join(tmpdir(), 'onward-bench-'));
  try {
    const requests: ArmRequest[] = [];
    for (const seed of seeds) {
      const course = { batchSize: 4, epochs: courseEpochs, every: null } as const;
      const owners = users.map((user) => ({ user, seed, shift, source: 'digits' }) as const);
      for (const arm of arms) {
        const file = await writeArmPackage(prepared, arm, { folder, batchSize: 4, seed });
        const learningRate = arm.rate;
        for (const owner of owners) {
          requests.push({ ...course, file, method: 'onward', learningRate, owner });
        }
      }
      for (const owner of owners) {
        const learningRate = floatBackpropRate;
        requests.push({ ...course, file: onnxFile, method: 'float-backprop', learningRate, owner });
      }
    }
    const results = await runCourses(requests, (done) => onDone(done, requests.length));
    const names = [...arms.map(({ name }) => name), 'full backprop, float32'];
    const perSeed = names.length * users.length;
    return names.map((name, arm) => {
      const own = results.filter(
        (_, index) => Math.floor((index % perSeed) / users.length) === arm,
      );
      return {
        name,
        before: own.map(({ before }) => 100 * before),
        after: own.map(({ after }) => 100 * after),
      };
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Mean, spread and worst of each arm, and the two promises about onward's. */
export function accuracyRows(results: readonly ArmAccuracy[], shift: Shift): Row[] {
  const of = (name: string): number => mean(results.find((arm) => arm.name === name)!.after);
  const [onward, head, float] = [of('onward'), of('head only'), of('full backprop, float32')];
  const rows = results.map(({ name, before, after }): Row => ({
    claim: `new user, ${shift} shift: ${name}`,
    measured: `${mean(before).toFixed(1)} -> ${mean(after).toFixed(1)} % (sd ${deviation(after).toFixed(1)}, worst ${Math.min(...after).toFixed(1)}, n ${after.length})`,
    promised: '',
    holds: null,
  }));
  if (shift === 'mild') return rows;
  return [
    ...rows,
    {
      claim: 'onward against full float32 backprop at its best',
      measured: `${(onward - float).toFixed(2)} points`,
      promised: 'at most 1.0 below',
      holds: float - onward <= 1,
    },
    {
      claim: 'onward against head only',
      measured: `${(onward - head).toFixed(1)} points above ${head.toFixed(1)} %`,
      promised: 'at least 15 above; head only under 60 %',
      holds: onward - head >= 15 && head < 60,
    },
  ];
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function deviation(values: readonly number[]): number {
  const centre = mean(values);
  return Math.sqrt(mean(values.map((value) => (value - centre) ** 2)));
}
