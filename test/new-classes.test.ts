// Classes that are added on the device, on real input: a reader of digits learns a cross and a ring.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { exportPackage } from '#exporters';
import { EngineError, FormatError, InputError, StateError } from '#runtime';
import type { Learner } from '#runtime';
import { randomStream } from '#test-support';

import { calibrationSet, digitUser } from '../bench/tasks/digit-users.ts';
import { openLearner } from '../targets/raspberry-pi/index.ts';
import { sha256 } from '../targets/raspberry-pi/package-file.ts';

const test = suite('new classes');

const folder = mkdtempSync(join(tmpdir(), 'onward-classes-'));
test.after(() => rmSync(folder, { recursive: true }));

const onnx = new Uint8Array(readFileSync(new URL('../demo/digits.onnx', import.meta.url)));
const calibration = calibrationSet({ samples: 60 });
const exported = async (spareClasses?: number): Promise<Uint8Array> => {
  const options = { calibration, sha256, ...(spareClasses !== undefined && { spareClasses }) };
  return (await exportPackage(onnx, options)).bytes;
};
const [bytes, bare] = [await exported(), await exported(0)];
const digits = calibrationSet({ samples: 100, seed: 8, augmented: false });

/** Drawings of 28 x 28: a cross, or a ring with a bar through it, each a little different. */
function drawings(kind: 'cross' | 'ring', count: number, seed: number): Float32Array[] {
  const random = randomStream(seed);
  return Array.from({ length: count }, () => {
    const [x0, y0, size, slant] = [
      13 + 2 * random(),
      13 + 2 * random(),
      8 + 2 * random(),
      0.3 * (random() - 0.5),
    ];
    return Float32Array.from({ length: 784 }, (_, pixel) => {
      const y = Math.trunc(pixel / 28) - y0;
      const x = (pixel % 28) - x0 + slant * y;
      const away =
        kind === 'cross'
          ? Math.min(Math.abs(x - y), Math.abs(x + y)) / 1.4
          : Math.min(Math.abs(Math.hypot(x, y) - size * 0.8), Math.abs(x));
      const isInside = Math.max(Math.abs(x), Math.abs(y)) < size;
      return isInside ? Math.max(0, Math.min(1, 2 - away)) : 0;
    });
  });
}

async function shareOf(
  learner: Learner,
  x: Float32Array | readonly Float32Array[],
  labels: readonly string[],
): Promise<number> {
  const predictions = await learner.predictAll(x);
  return predictions.filter(({ label }, i) => label === labels[i]).length / labels.length;
}

const digitLabels = Array.from(digits.y, String);
const readsDigits = async (learner: Learner): Promise<number> =>
  shareOf(learner, digits.x, digitLabels);
const readsCrosses = async (learner: Learner): Promise<number> =>
  shareOf(
    learner,
    drawings('cross', 50, 1000),
    Array.from({ length: 50 }, () => 'cross'),
  );

async function thrownBy(work: () => Promise<unknown>): Promise<unknown> {
  return work().catch((thrown: unknown) => thrown);
}

test('spare rows change nothing: the same predictions, and the same after a lesson, bit for bit', async () => {
  const { train } = digitUser({ user: 0, shift: 'hard', samples: 32, testSamples: 10 });
  const scores: number[][] = [];
  for (const source of [bytes, bare]) {
    await using learner = await openLearner(source, { lessons: 'here' });
    assert.is(learner.labels.length, 10);
    await learner.learn(train, { epochs: 2, keep: 'always' });
    scores.push((await learner.predictAll(digits.x)).flatMap((each) => each.scores));
  }
  assert.equal(scores[0], scores[1]);
});

test('a class from five drawings is read, the digits still are, and it is there at the next opening', async () => {
  const state = join(folder, 'kept');
  let scores: readonly number[];
  const probe = drawings('cross', 1, 77)[0]!;
  {
    await using learner = await openLearner(bytes, { state, lessons: 'here' });
    // Something to rehearse: what the learner kept of an earlier lesson.
    await learner.learn({ x: digits.x, y: digits.y }, { epochs: 1, keep: 'always' });
    const before = await readsDigits(learner);
    const lesson = await learner.addClass('cross', drawings('cross', 5, 1), { epochs: 4 });
    assert.ok(lesson.kept && lesson.steps > 0 && lesson.oldHoldout > 0);
    assert.equal([lesson.holdout, lesson.accuracyBefore], [0, 0]);
    assert.equal(learner.labels.slice(9), ['9', 'cross']);
    assert.ok((await readsCrosses(learner)) >= 0.9);
    assert.ok((await readsDigits(learner)) >= before - 0.03, `${before}`);
    ({ scores } = await learner.predict(probe));
    assert.is(scores.length, 11);
    assert.is(learner.history().at(-1)!.cause, 'class cross added');
  }
  await using learner = await openLearner(bytes, { state });
  assert.equal(learner.labels.slice(9), ['9', 'cross']);
  assert.equal((await learner.predict(probe)).scores, scores);
  // By its name it is learned like any other; undone, it is gone.
  const more = await learner.learn(
    { x: drawings('cross', 8, 5), y: Array.from({ length: 8 }, () => 'cross') },
    { epochs: 1, keep: 'always' },
  );
  await learner.undo(more.id!);
  assert.equal((await learner.predict(probe)).scores, scores);
  await learner.undo();
  assert.is(learner.labels.length, 10);
  assert.is((await learner.predict(probe)).scores.length, 10);
});

test('without old examples the class is imprinted only, in a thread too', async () => {
  const scores: number[] = [];
  for (const lessons of ['thread', 'here'] as const) {
    await using learner = await openLearner(bytes, { lessons });
    const before = await readsDigits(learner);
    const lesson = await learner.addClass('cross', drawings('cross', 3, 1));
    assert.equal([lesson.kept, lesson.steps, lesson.oldHoldout], [true, 0, 0]);
    assert.ok((await readsCrosses(learner)) >= 0.9);
    assert.ok((await readsDigits(learner)) >= before - 0.15);
    scores.push(...(await learner.predict(drawings('cross', 1, 9)[0]!)).scores);
  }
  assert.equal(scores.slice(0, 11), scores.slice(11));
});

test('a class that is removed leaves the others as they were, bit for bit', async () => {
  await using learner = await openLearner(bytes, { lessons: 'here' });
  await learner.addClass('ring', drawings('ring', 3, 2), { keep: 'always' });
  const alone = await learner.predictAll(digits.x);
  await learner.addClass('cross', drawings('cross', 3, 1), { keep: 'always', epochs: 1 });
  await learner.removeClass('cross');
  assert.equal(learner.labels.slice(9), ['9', 'ring']);
  await learner.undo(); // the removal
  assert.equal(learner.labels.slice(9), ['9', 'ring', 'cross']);
  await learner.undo(); // the cross
  assert.equal(await learner.predictAll(digits.x), alone);
  // The last row moves up where an earlier one is removed.
  await learner.addClass('cross', drawings('cross', 3, 1), {
    keep: 'always',
    rehearsal: 0,
    epochs: 1,
  });
  const oddsOf = async (): Promise<number[]> => {
    const { scores } = await learner.predict(digits.x.subarray(0, 784));
    return [...scores.slice(0, 10), scores.at(-1)!].map((score) => score / scores[3]!);
  };
  const odds = await oddsOf();
  await learner.removeClass('ring');
  assert.equal(learner.labels.slice(9), ['9', 'cross']);
  for (const [i, ratio] of (await oddsOf()).entries()) {
    assert.ok(Math.abs(ratio / odds[i]! - 1) < 1e-9, `row ${i}`);
  }
  const error = await thrownBy(() => learner.removeClass('7'));
  assert.instance(error, InputError);
  assert.match((error as Error).message, /one of the classes added here \(cross\), got "7"/);
});

test('labels that are taken or unprintable, and packages without a row, are refused with the cure', async () => {
  const x = drawings('cross', 1, 1);
  await using learner = await openLearner(bytes, { lessons: 'here' });
  for (const label of ['7', '', 'a\nb', 'x'.repeat(300), '__proto__']) {
    const error = await thrownBy(() => learner.addClass(label, x));
    assert.instance(error, InputError);
    assert.match((error as Error).message, /^addClass: expected a new label of 1 to 256 printable/);
  }
  for (const label of ['a', 'b', 'c', 'd']) await learner.addClass(label, x, { keep: 'always' });
  await using full = await openLearner(bare);
  for (const each of [learner, full]) {
    const error = await thrownBy(() => each.addClass('cross', x));
    assert.instance(error, InputError);
    assert.match(
      (error as Error).message,
      /expected a spare output row, got 1\d classes in 1\d rows/,
    );
  }
  assert.is(full.labels.length, 10);
});

test('a reset and a load are lessons; what was saved brings classes and examples to another device', async () => {
  const cross = drawings('cross', 1, 9)[0]!;
  await using source = await openLearner(bytes, { lessons: 'here' });
  await source.learn({ x: digits.x, y: digits.y }, { epochs: 1, keep: 'always' });
  await source.addClass('cross', drawings('cross', 5, 1), { keep: 'always', epochs: 1 });
  const learned = await source.predict(cross);
  const file = await source.save();

  await using other = await openLearner(bytes, { state: join(folder, 'other'), lessons: 'here' });
  const fresh = await other.predict(cross);
  await other.load(file);
  assert.equal(await other.predict(cross), learned);
  assert.is(other.labels.at(-1), 'cross');
  await other.reset();
  assert.equal(await other.predict(cross), fresh);
  await other.undo();
  assert.equal(await other.predict(cross), learned);
  assert.equal(
    other.history().map(({ cause }) => cause),
    ['loaded', 'reset'],
  );
  await other.forget();
  assert.equal(await other.predict(cross), fresh);
  assert.equal(other.history(), []);
  assert.ok((await source.save({ examples: false })).length < file.length);

  await using foreign = await openLearner(bare, { lessons: 'here' });
  assert.instance(await thrownBy(() => foreign.load(file)), StateError);
  assert.instance(await thrownBy(() => other.load(file.subarray(1))), FormatError);
  assert.equal(other.history(), []);
});

test('one change at a time, and the one under way goes on', async () => {
  await using learner = await openLearner(bytes);
  const adding = learner.addClass('cross', drawings('cross', 2, 1));
  for (const work of [
    () => learner.reset(),
    () => learner.undo(),
    () => learner.removeClass('cross'),
    () => learner.addClass('ring', drawings('ring', 1, 1)),
  ]) {
    assert.instance(await thrownBy(work), EngineError);
  }
  assert.ok((await adding).kept);
  assert.is(learner.engine, 'onnxruntime');
});

test.run();
