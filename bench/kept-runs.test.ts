import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import type { ArmRequest } from './arm-request.ts';
import { KeptRuns } from './kept-runs.ts';
import type { Personalized } from './personalize.ts';

const test = suite('bench/kept-runs');

const folder = mkdtempSync(join(tmpdir(), 'onward-kept-'));
test.after(() => rmSync(folder, { recursive: true }));

const file = join(folder, 'arm.onward');
const request: ArmRequest = {
  task: 'digits-hard',
  arm: 'onward',
  owner: { user: '0', seed: 1 },
  file,
  setting: 0.015,
  every: null,
};
const result: Personalized = {
  before: 0.1,
  after: 0.9,
  originalBefore: null,
  originalAfter: null,
  steps: 8,
  msPerStep: 1,
  curve: [[0, 0.1]],
};

test('a run is measured once, and again where its setting, its package or its kind of result changes', async () => {
  writeFileSync(file, 'one package');
  let measured = 0;
  const measure = async (): Promise<Personalized> => {
    measured++;
    return result;
  };
  assert.equal(await new KeptRuns(folder).get(request, measure), result);
  assert.equal(await new KeptRuns(folder).get(request, measure), result);
  assert.is(measured, 1);
  await new KeptRuns(folder).get({ ...request, setting: 0.03 }, measure);
  assert.is(measured, 2);
  await new KeptRuns(folder).get({ ...request, every: 32 }, measure);
  assert.is(measured, 3);
  writeFileSync(file, 'another package');
  await new KeptRuns(folder).get(request, measure);
  assert.is(measured, 4);
});

test('what failed is not kept', async () => {
  const kept = new KeptRuns(folder);
  const other = { ...request, setting: 0.5 };
  let failed = '';
  try {
    await kept.get(other, async () => {
      throw new Error('stopped');
    });
  } catch (error) {
    failed = (error as Error).message;
  }
  assert.is(failed, 'stopped');
  assert.equal(await kept.get(other, async () => result), result);
});

test.run();
