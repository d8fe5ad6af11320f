// The whole vertical on real input: an ONNX file becomes a package, the package learns from a new
// user's digits, and what it learned is there after closing, and gone after undo.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { exportPackage } from '#exporters';
import { EngineError, FormatError, InputError, StateError } from '#runtime';
import type { Learner } from '#runtime';

import { calibrationSet, digitUser } from '../bench/tasks/digit-users.ts';
import { openLearner } from '../targets/raspberry-pi/index.ts';
import { sha256 } from '../targets/raspberry-pi/package-file.ts';

const test = suite('end to end');

const folder = mkdtempSync(join(tmpdir(), 'onward-test-'));
const onnx = new Uint8Array(readFileSync(new URL('../demo/digits.onnx', import.meta.url)));
const { train, test: unseen } = digitUser({
  user: 0,
  shift: 'hard',
  samples: 96,
  testSamples: 200,
});
const digits = Array.from({ length: 10 }, (_, digit) => `digit ${digit}`);
// Two modules learn by feedback; by default so small a network learns exactly throughout.
const { bytes, report } = await exportPackage(onnx, {
  plan: { tail: 6 },
  calibration: calibrationSet({ samples: 60 }),
  labels: digits,
  sha256,
});

async function accuracy(learner: Learner): Promise<number> {
  const predictions = await learner.predictAll(unseen.x);
  return predictions.filter(({ label }, index) => label === digits[unseen.y[index]!]).length / 200;
}

test('an export says what it made', () => {
  assert.is(report.layers, 17);
  assert.is(report.packageBytes, bytes.length);
  assert.ok(report.alignment.length > 0);
  assert.ok(Math.abs(report.floatAccuracy! - report.int8Accuracy!) < 0.05);
});

test('a lesson helps, is kept through closing and opening, and undone bit for bit', async () => {
  const state = join(folder, 'kept');
  let before: number;
  let after: number;
  {
    await using learner = await openLearner(bytes, { state });
    before = await accuracy(learner);
    const lesson = await learner.learn(train, { seed: 1 });
    assert.ok(lesson.kept);
    assert.ok(lesson.accuracyAfter > lesson.accuracyBefore);
    after = await accuracy(learner);
    assert.ok(after > before + 0.3, `${before} -> ${after}`);
  }
  await using learner = await openLearner(bytes, { state });
  assert.is(await accuracy(learner), after);
  const [lesson] = learner.history();
  await learner.undo(lesson!.id);
  assert.is(await accuracy(learner), before);
});

test('a lesson in a thread and one in place end with the same weights', async () => {
  const accuracies: number[] = [];
  for (const lessons of ['thread', 'here'] as const) {
    await using learner = await openLearner(bytes, { lessons });
    await learner.learn(train, { epochs: 1, seed: 5, keep: 'always' });
    const { scores } = await learner.predict(unseen.x.subarray(0, 784));
    accuracies.push(...scores);
  }
  assert.equal(accuracies.slice(0, 10), accuracies.slice(10));
});

test('a lesson that teaches nonsense is not kept', async () => {
  await using learner = await openLearner(bytes, { lessons: 'here' });
  const clean = calibrationSet({ samples: 100, augmented: false });
  const first = clean.x.subarray(0, 784);
  const before = await learner.predict(first);
  const wrong = clean.y.map((label) => (label + 1) % 10);
  // Judged on right labels, learned on wrong ones: what a mislabelled batch does.
  const mixed = clean.y.map((label, index) => (index % 2 === 0 ? label : wrong[index]!));
  const lesson = await learner.learn({ x: clean.x, y: mixed }, { epochs: 1, learningRate: 2 });
  if (!lesson.kept) assert.equal(await learner.predict(first), before);
  assert.is(lesson.id === null, !lesson.kept);
});

test('a second learner on the same state is refused, by name', async () => {
  const state = join(folder, 'shared');
  await using learner = await openLearner(bytes, { state });
  assert.is(learner.labels.length, 10);
  const error: unknown = await openLearner(bytes, { state }).catch((thrown: unknown) => thrown);
  assert.instance(error, StateError);
});

test('two lessons at once are refused, and the first goes on', async () => {
  await using learner = await openLearner(bytes);
  const first = learner.learn(train, { epochs: 1 });
  const second: unknown = await learner.learn(train).catch((thrown: unknown) => thrown);
  assert.instance(second, EngineError);
  assert.is((await first).samples, 96);
});

test('what does not fit is refused before anything is learned', async () => {
  await using learner = await openLearner(bytes, { lessons: 'here' });
  const attempts: (() => Promise<unknown>)[] = [
    () => learner.predict([1, 2, 3]),
    () => learner.predict(new Float32Array(784).fill(Number.NaN)),
    () => learner.learn({ x: train.x, y: [0, 1] }),
    () => learner.learn({ x: train.x, y: train.y.map(() => 11) }),
    () => learner.learn({ x: train.x, y: Array.from(train.y, () => 'eleven') }),
  ];
  for (const attempt of attempts) {
    const error: unknown = await attempt().catch((thrown: unknown) => thrown);
    assert.instance(error, InputError);
  }
});

test('a file that is no package is refused', async () => {
  for (const foreign of [onnx, bytes.subarray(0, bytes.length - 1), new Uint8Array(0)]) {
    const error: unknown = await openLearner(foreign).catch((thrown: unknown) => thrown);
    assert.instance(error, FormatError);
  }
  const missing: unknown = await openLearner(join(folder, 'no.onward')).catch((e: unknown) => e);
  assert.instance(missing, InputError);
});

test.after(() => rmSync(folder, { recursive: true }));

test.run();
