import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { openEnergyCounter } from './joules.ts';

const test = suite('bench/joules');

const folder = mkdtempSync(join(tmpdir(), 'onward-powercap-'));
test.after(() => rmSync(folder, { recursive: true }));

function addZone(name: string, microjoules: number): void {
  mkdirSync(join(folder, name), { recursive: true });
  writeFileSync(join(folder, name, 'energy_uj'), `${microjoules}\n`);
}

test('a machine without a counter says so', () => {
  const { read, missing } = openEnergyCounter(join(folder, 'absent'));
  assert.is(read, null);
  assert.match(missing!, /there is no .*absent/);
});

test('packages are summed in joules, their parts are not counted twice', () => {
  addZone('intel-rapl:0', 1_500_000);
  addZone('intel-rapl:0:0', 900_000);
  addZone('intel-rapl:1', 500_000);
  const counter = openEnergyCounter(folder);
  assert.is(counter.missing, null);
  assert.is(counter.read!(), 2);
  addZone('intel-rapl:1', 3_500_000);
  assert.is(counter.read!(), 5);
});

test.run();
