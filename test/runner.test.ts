// The runner, run on small projects of its own: it must fail wherever a test did not really pass.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { suite } from 'uvu';
import * as assert from 'uvu/assert';

const test = suite('test/run');
const repository = fileURLToPath(new URL('..', import.meta.url));
const support = join(repository, 'test/support/index.ts');
const head = `import { suite } from 'uvu'; const test = suite('fixture');`;

interface Outcome {
  readonly status: number | null;
  readonly lastLine: string;
  readonly output: string;
}

function runOn(files: Readonly<Record<string, string>>, ...args: string[]): Outcome {
  const root = mkdtempSync(join(tmpdir(), 'onward-runner-'));
  try {
    symlinkSync(join(repository, 'node_modules'), join(root, 'node_modules'));
    writeFileSync(join(root, 'package.json'), '{ "type": "module" }');
    for (const [name, text] of Object.entries(files)) writeFileSync(join(root, name), text);
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      ['--import', 'tsx', 'test/run.ts', `--root=${root}`, ...args],
      { cwd: repository, encoding: 'utf8', env: { ...process.env, CHROMIUM: '/nowhere/chromium' } },
    );
    const lastLine = stdout.trimEnd().split('\n').at(-1) ?? '';
    return { status, lastLine, output: stdout + stderr };
  } finally {
    rmSync(root, { recursive: true });
  }
}

function expectOutcome(outcome: Outcome, status: number, lastLine: string, part: string): void {
  assert.is(outcome.lastLine, lastLine, outcome.output);
  assert.is(outcome.status, status, outcome.output);
  assert.ok(outcome.output.includes(part), outcome.output);
}

test('passing tests are counted over files, and the exit status is 0', () => {
  const text = `${head} test('one', () => {}); test('two', async () => {}); test.run();`;
  const outcome = runOn({ 'a.test.ts': text, 'b.test.ts': text, 'c.ts': 'throw 1;' });
  expectOutcome(outcome, 0, '4 passed, 0 failed', 'b.test.ts');
});

test('arguments choose files by a part of their path', () => {
  const text = `${head} test('one', () => {}); test.run();`;
  const outcome = runOn({ 'left.test.ts': text, 'right.test.ts': text }, 'left');
  expectOutcome(outcome, 0, '1 passed, 0 failed', 'left.test.ts');
});

test('a failing test fails the run, with its message and stack', () => {
  const text = `${head} test('one', () => {}); test('two', () => { throw new Error('broken'); }); test.run();`;
  const outcome = runOn({ 'a.test.ts': text });
  expectOutcome(outcome, 1, '1 passed, 1 failed', 'broken');
  assert.match(outcome.output, /at .*a\.test\.ts/);
});

for (const hook of ['before', 'before.each', 'after', 'after.each']) {
  test(`a hook ${hook} that throws fails the run`, () => {
    const text = `${head} test.${hook}(() => { throw new Error('in hook'); }); test('one', () => {}); test.run();`;
    const outcome = runOn({ 'a.test.ts': text });
    assert.is(outcome.status, 1, outcome.output);
    assert.match(outcome.lastLine, /^0 passed, 1 failed$/, outcome.output);
  });
}

test('a file without .run() fails the run', () => {
  const outcome = runOn({ 'a.test.ts': `${head} test('one', () => {});` });
  expectOutcome(outcome, 1, '0 passed, 1 failed', 'is .run() missing?');
});

test('a suite without tests fails the run', () => {
  const outcome = runOn({ 'a.test.ts': `${head} test.run();` });
  expectOutcome(outcome, 1, '0 passed, 1 failed', 'has no tests');
});

test('finding no test at all fails the run', () => {
  expectOutcome(runOn({}), 1, '0 passed, 1 failed', 'found no tests');
});

test('a file that cannot be imported fails the run, and the others still run', () => {
  const outcome = runOn({
    'a.test.ts': `import './absent.ts';`,
    'b.test.ts': `${head} test('one', () => {}); test.run();`,
  });
  expectOutcome(outcome, 1, '1 passed, 1 failed', 'absent.ts');
});

test('a test that nothing can settle fails at once, and the others still run', () => {
  const outcome = runOn({
    'a.test.ts': `${head} test('one', () => new Promise(() => {})); test.run();`,
    'b.test.ts': `${head} test('one', () => {}); test.run();`,
  });
  expectOutcome(outcome, 1, '1 passed, 1 failed', 'never settled');
});

test('a test that keeps the process alive without settling fails at the limit', () => {
  const text = `${head} test('one', () => new Promise(() => setInterval(() => {}, 9))); test.run();`;
  const outcome = runOn({ 'a.test.ts': text }, '--suite-limit-ms=200');
  expectOutcome(outcome, 1, '0 passed, 1 failed', 'never settled');
});

test('a test that never returns is ended by the watchdog', () => {
  const text = `${head} test('one', () => { for (;;); }); test.run();`;
  const outcome = runOn({ 'a.test.ts': text }, '--suite-limit-ms=200');
  assert.is.not(outcome.status, 0);
  assert.is(outcome.lastLine, '0 passed, 1 failed', outcome.output);
});

test('an import that never ends fails the run', () => {
  const outcome = runOn({ 'a.test.ts': `await new Promise(() => {});` });
  expectOutcome(outcome, 1, '0 passed, 1 failed', 'never ended');
});

test('a test that calls process.exit(0) fails the run', () => {
  const text = `${head} test('one', () => process.exit(0)); test.run();`;
  const outcome = runOn({ 'a.test.ts': text });
  expectOutcome(outcome, 1, '0 passed, 1 failed', 'ended before the tests did');
});

test('an error thrown outside any test fails the run', () => {
  const text = `${head} test('one', () => { void Promise.reject(new Error('nobody waits')); return new Promise((r) => setTimeout(r, 20)); }); test.run();`;
  const outcome = runOn({ 'a.test.ts': text });
  expectOutcome(outcome, 1, '1 passed, 1 failed', 'nobody waits');
});

test('a skip is counted and printed with its reason', () => {
  const text = `import { skipBecause } from ${JSON.stringify(support)}; ${head}
    skipBecause(test, 'no camera here')('sees', () => {}); test('one', () => {}); test.run();`;
  const outcome = runOn({ 'a.test.ts': text });
  expectOutcome(outcome, 0, '1 passed, 0 failed, 1 skipped', 'skipped: sees (no camera here)');
});

for (const way of ['skip', 'only']) {
  test(`a .${way} left behind fails the run`, () => {
    const text = `${head} test('one', () => {}); test.${way}('two', () => {}); test.run();`;
    const outcome = runOn({ 'a.test.ts': text });
    expectOutcome(outcome, 1, '1 passed, 1 failed', 'skipped without a reason');
  });
}

test('where there is no Chromium its tests count as skipped, and a line says why', () => {
  const text = `${head} test('one', () => {}); test.run();`;
  const { status, lastLine, output } = runOn({ 'a.test.ts': text }, '--browser');
  assert.is(status, 0, output);
  const [, skipped] = /^1 passed, 0 failed, (\d+) skipped$/.exec(lastLine) ?? [];
  const why = `${skipped} files of browser tests were skipped: no Chromium at /nowhere/chromium;`;
  assert.ok(output.includes(`\n${why}`), output);
});

test.run();
