import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';

import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { pressCtrlC } from '../../../test/support/press-ctrl-c.ts';
import { tinyLabels, tinyOnnx, tinySamples } from '../../../test/support/tiny-classifier.ts';
import { encodeNpz } from '../data/write-npz.ts';
import { armNames } from './bench/arm-names.ts';
import type { ArmReport, BenchReport } from './bench/report.ts';
import { run } from './program.ts';

const test = suite('targets/raspberry-pi/commands/bench');
const folder = mkdtempSync(join(tmpdir(), 'onward-bench-'));
test.after(() => rmSync(folder, { recursive: true }));
const at = (name: string): string => join(folder, name);

async function onward(
  ...args: string[]
): Promise<{ readonly code: number; readonly stdout: string; readonly stderr: string }> {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const code = await run(args, { stdout, stderr });
  const written = (stream: PassThrough): string => String(stream.read() ?? '');
  return { code, stdout: written(stdout), stderr: written(stderr) };
}

async function bench(...args: string[]): Promise<BenchReport> {
  const { code, stdout, stderr } = await onward('bench', ...args, '--json');
  assert.equal([code, stderr], [0, '']);
  assert.is(stdout.split('\n').length, 2); // one line, ended
  return JSON.parse(stdout) as BenchReport;
}

const armOf = ({ arms }: BenchReport, name: string): ArmReport =>
  arms.find(({ arm }) => arm === name)!;

/** Of the tiny classifier, with four spare classes, twelve examples and no more than `tail` exact modules. */
async function exportPackage(name: string, tail: string): Promise<void> {
  const flags = ['--tail', tail, '--labels', at('labels.txt'), '--examples', '12'];
  const data = ['--calibration', at('calibration.npz')];
  const { code, stderr } = await onward(
    'export',
    at('tiny.onnx'),
    '-o',
    at(name),
    ...flags,
    ...data,
  );
  assert.is(code, 0, stderr);
}

test.before(async () => {
  writeFileSync(at('tiny.onnx'), tinyOnnx());
  writeFileSync(at('labels.txt'), `${tinyLabels.join('\n')}\n`);
  for (const [name, count, seed] of [
    ['calibration.npz', 30, 1],
    ['mine.npz', 60, 2],
    ['few.npz', 6, 3],
  ] as const) {
    const { x, y } = tinySamples(count, seed);
    const labels = y.map((label) => tinyLabels[label]!);
    const entries = { x: { values: x, shape: [count, 1, 4, 4] }, y: { values: labels } };
    writeFileSync(at(name), encodeNpz(entries));
  }
  await exportPackage('two.onward', '2');
});

test('every way learns the same samples, is judged by the same, and has its costs', async () => {
  const files = readdirSync(folder).toSorted();
  const report = await bench(at('two.onward'), at('mine.npz'), '--seeds', '1,2', '--epochs', '8');
  assert.equal(readdirSync(folder).toSorted(), files); // nothing was written
  const { training, holdout, oldExamples, batchSize, epochs, seeds } = report;
  assert.equal(
    { training, holdout, oldExamples, batchSize, epochs, seeds },
    { training: 42, holdout: 18, oldExamples: 12, batchSize: 4, epochs: 8, seeds: [1, 2] },
  );
  assert.equal(report.arms.map(({ arm }) => arm).toSorted(), [...armNames].toSorted());
  for (const arm of report.arms) {
    assert.is(arm.cause, null, `${arm.arm}: ${arm.cause}`);
    const { accuracyAfter, accuracyWorst, oldAccuracyAfter, runs, peakBytes, msPerStep } = arm;
    const each = runs.map((one) => one.accuracyAfter);
    assert.is(accuracyWorst, Math.min(...each));
    assert.ok(Math.abs(accuracyAfter! - (each[0]! + each[1]!) / 2) < 1e-12);
    assert.ok(each.every((accuracy) => Math.abs(18 * accuracy - Math.round(18 * accuracy)) < 1e-9));
    assert.ok(oldAccuracyAfter! >= 0 && oldAccuracyAfter! <= 1);
    if (arm.arm === 'none') continue;
    assert.ok(msPerStep! > 0 && peakBytes! >= 0, `${arm.arm}: ${msPerStep} ms, ${peakBytes} bytes`);
    // The classes are easy, and a model that was drawn knows none of them.
    assert.ok(accuracyAfter! > arm.accuracyBefore!, `${arm.arm}: ${accuracyAfter}`);
  }
  const none = armOf(report, 'none');
  assert.equal(
    [none.steps, none.accuracyAfter, none.setting!.name],
    [0, none.accuracyBefore, 'none'],
  );
  assert.is(armOf(report, 'package').steps, Math.ceil(42 / 4) * 8);
  assert.is(armOf(report, 'nearest').steps, Math.ceil(42 / 4));
  assert.is(armOf(report, 'nearest').setting!.name, 'neighbours');
  assert.match(report.sentences[0]!, /^The package's own plan is (not )?on the Pareto front/);
  const peaks = report.arms.map(({ peakBytes }) => peakBytes!);
  assert.equal(
    peaks,
    peaks.toSorted((a, b) => a - b),
  );
});

test('what is the same for a package is run once, and says so', async () => {
  await exportPackage('one.onward', '1');
  await exportPackage('all.onward', '3');
  const quick = ['--seeds', '1', '--epochs', '1'];
  const one = await bench(at('one.onward'), at('mine.npz'), ...quick, '--arms', 'head,tail');
  assert.is(armOf(one, 'tail').cause, 'the same as head for this package');
  assert.equal([armOf(one, 'tail').peakBytes, armOf(one, 'tail').runs], [null, []]);
  assert.equal([armOf(one, 'head').cause, armOf(one, 'head').steps], [null, 11]);
  assert.equal(one.sentences, []); // nothing to compare with
  const all = await bench(at('all.onward'), at('mine.npz'), ...quick, '--arms', 'random,package');
  assert.is(armOf(all, 'random').cause, 'expected a plan with feedback, got one without');
  assert.equal([armOf(all, 'package').cause, armOf(all, 'package').onFront], [null, true]);
});

test('a table for people, with every arm and what follows', async () => {
  const arms = ['--arms', 'none,package', '--seeds', '1', '--epochs', '1'];
  const { code, stdout, stderr } = await onward('bench', at('two.onward'), at('mine.npz'), ...arms);
  assert.equal([code, stderr], [0, '']);
  assert.match(stdout, /samples +42 learned, 18 held out; batch 4, 1 epochs, seeds 1\n/);
  assert.match(stdout, /\nnone +[\d.]+ [KM]?i?B .* -/); // on the front or not, as its memory was measured
  assert.match(stdout, /\npackage +[\d.]+ [KM]?i?B .* learning rate [\d.]+ +yes\n/);
  assert.match(stdout, /\npackage: the package’s own plan\n/);
});

test('wrong use and wrong data are told apart', async () => {
  const refusal = async (code: 1 | 2, ...args: string[]): Promise<string> => {
    const outcome = await onward('bench', ...args);
    assert.equal([outcome.code, outcome.stdout], [code, '']);
    assert.match(outcome.stderr, /^onward: [^\n]+\n$/);
    return outcome.stderr;
  };
  assert.match(await refusal(2, 'a'), /missing required argument 'data'/);
  assert.match(await refusal(2, 'a', 'b', '--arms', 'head,tale'), /Expected some of none,nearest,/);
  assert.match(await refusal(2, 'a', 'b', '--seeds', '1,1'), /Expected each seed once/);
  assert.match(await refusal(2, 'a', 'b', '--seeds', '1,x'), /Expected a whole number/);
  assert.match(
    await refusal(2, 'a', 'b', '--holdout', '0'),
    /Expected a number above 0, at most 0.5/,
  );
  assert.match(await refusal(2, 'a', 'b', '--state', 'c'), /unknown option '--state'/);
  assert.match(
    await refusal(1, at('two.onward'), at('few.npz')),
    /bench: expected a class with at least three samples, got 6 in all; give more of each class/,
  );
  assert.match(await refusal(1, at('none.onward'), at('mine.npz')), /expected a file that can be/);
  const { stdout } = await onward('--help');
  assert.match(stdout, '  bench');
  assert.not.match(stdout, 'bench-step');
  assert.match((await onward('bench', '--help')).stdout, /Examples:\n {2}onward bench /);
});

test('Ctrl-C ends it in one line', async () => {
  const listeners = process.listenerCount('SIGINT');
  const endless = onward('bench', at('two.onward'), at('mine.npz'), '--epochs', '1000000');
  const mostTurns = 10_000_000; // rather than for ever, should it fail before it begins
  for (let turn = 0; turn < mostTurns && process.listenerCount('SIGINT') === listeners; turn++) {
    await nextTurn();
  }
  pressCtrlC();
  assert.equal(await endless, {
    code: 1,
    stdout: '',
    stderr: 'onward: bench: expected to finish, got interrupted; nothing was changed\n',
  });
  assert.is(process.listenerCount('SIGINT'), listeners);
});

test.run();
