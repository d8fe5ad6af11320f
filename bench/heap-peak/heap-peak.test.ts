import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { heapPeakEnvironment } from './heap-peak.ts';

const test = suite('bench/heap-peak');

const environment = heapPeakEnvironment();

test('a compiler was found, so that allocations are counted', () => {
  assert.equal(Object.keys(environment), ['LD_PRELOAD', 'HEAP_PEAK_FILE']);
});

test('the peak is what lived at once, within what the program itself needs', () => {
  const file = fileURLToPath(new URL('./allocate.ts', import.meta.url));
  const { stdout, stderr } = spawnSync(process.execPath, ['--import', 'tsx', '--expose-gc', file], {
    env: { ...process.env, ...environment },
    encoding: 'utf8',
  });
  assert.is(stderr, '');
  const { together, inTurn } = JSON.parse(stdout) as { together: number; inTurn: number };
  assert.ok(Math.abs(together - 3 * 2 ** 20) < 2 ** 18, `${together}`);
  assert.ok(Math.abs(inTurn - 2 ** 20) < 2 ** 18, `${inTurn}`);
});

test.run();
