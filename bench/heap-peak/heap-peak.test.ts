import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
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

const ends = {
  'by itself': { statement: '', signal: null },
  'by a signal': {
    statement: "setInterval(() => {}, 1000); process.kill(process.pid, 'SIGTERM');",
    signal: 'SIGTERM',
  },
} as const;

for (const [how, { statement, signal }] of Object.entries(ends)) {
  test(`what a process wrote in order to count is gone once it has ended ${how}`, () => {
    const folder = mkdtempSync(join(tmpdir(), 'onward-heap-test-'));
    const file = new URL('./heap-peak.ts', import.meta.url).href;
    const program = `
      import { existsSync, writeSync } from 'node:fs';
      import { heapPeakEnvironment } from '${file}';
      const variables = [heapPeakEnvironment(), heapPeakEnvironment()];
      const files = variables.map(({ HEAP_PEAK_FILE }) => HEAP_PEAK_FILE);
      writeSync(1, JSON.stringify({ files, existed: files.every(existsSync) }));
      ${statement}`;
    const args = ['--import', 'tsx', '--input-type=module', '--eval', program];
    const ended = spawnSync(process.execPath, args, {
      env: { ...process.env, TMPDIR: folder },
      encoding: 'utf8',
    });
    assert.equal([ended.stderr, ended.signal], ['', signal]);
    const { files, existed } = JSON.parse(ended.stdout) as {
      files: [string, string];
      existed: boolean;
    };
    assert.ok(existed);
    assert.is.not(files[0], files[1]);
    for (const each of files) {
      assert.ok(each.startsWith(folder));
      assert.not.ok(existsSync(dirname(each)));
    }
    rmSync(folder, { recursive: true });
  });
}

test.run();
