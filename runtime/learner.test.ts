import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { firstLesson } from '../test/support/first-lesson.ts';
import { openKernelLearner } from '../test/support/kernel-learner.ts';
import type { KernelLearner } from '../test/support/kernel-learner.ts';
import { smallContent } from '../test/support/small-content.ts';
import { EngineError, FormatError, InputError } from './errors.ts';
import type { LessonRequest } from './learning/lesson.ts';
import { toHex } from './state/hex.ts';
import { memoryStorage } from './state/memory-storage.ts';
import { encodeSnapshot } from './state/snapshot.ts';
import type { Snapshot } from './state/snapshot.ts';
import type { Storage } from './state/storage.ts';

const test = suite('runtime/learner');

const packageId = new Uint8Array(32).fill(4);
const content = smallContent(); // two classes and a third row; samples of nine values
const size = 9;

const open = (storage?: Storage, rehearsalBytes?: number): Promise<KernelLearner> =>
  openKernelLearner(content, storage, rehearsalBytes);

/** `count` samples that differ, named by a number. */
function samples(count: number, name: number): Float32Array {
  return Float32Array.from({ length: count * size }, (_, i) =>
    i % size === 0 ? name + Math.trunc(i / size) : (i % size) % 7,
  );
}

const always = { keep: 'always', epochs: 1 } as const;

test('a kept lesson is rehearsed by the next, its held-out examples judge it; a refused one leaves nothing', async () => {
  const { learner, requests } = await open();
  const y = Array.from({ length: 10 }, (_, i) => i % 2);
  await learner.learn({ x: samples(10, 0), y }, always);
  const [first] = requests;
  assert.equal([first!.old.labels.length, first!.firstStep], [0, 0]);
  const refused = await learner.learn({ x: samples(10, 20), y }, { signal: { aborted: true } });
  assert.equal([refused.kept, refused.id, refused.cause], [false, null, 'aborted']);
  await learner.learn({ x: samples(10, 40), y: y.map((label) => 1 - label) }, always);
  const { old, firstStep } = requests[2]!;
  assert.is(old.labels.length, 10);
  assert.is(firstStep, 2);
  const own = (request: LessonRequest['old']): string[] =>
    Array.from(request.labels, (label, i) =>
      [label, request.held[i], ...request.samples.subarray(i * size, (i + 1) * size)].join(),
    ).toSorted();
  assert.equal(own(old), own(first!.fresh));
  await learner.undo(); // the third lesson: what the first left is in use again
  await learner.learn({ x: samples(4, 60), y: [0, 1, 0, 1] }, always);
  assert.equal(own(requests[3]!.old), own(first!.fresh));
});

test('an example given again is taken from the old ones: the lesson at hand decides about it', async () => {
  const { learner, requests } = await open();
  const y = Array.from({ length: 10 }, (_, i) => i % 2);
  await learner.learn({ x: samples(10, 0), y }, always);
  await learner.learn({ x: samples(10, 5), y }, always); // five of them again
  assert.is(requests[1]!.old.labels.length, 5);
});

test('no more bytes of examples are kept than there is room for, none at all if there is none', async () => {
  for (const [bytes, count] of [
    [5 * size, 5],
    [5 * size + 8, 5],
    [0, 0],
  ] as const) {
    const { learner, requests } = await open(memoryStorage(), bytes);
    const y = Array.from({ length: 20 }, (_, i) => i % 2);
    await learner.learn({ x: samples(20, 0), y }, always);
    await learner.learn({ x: samples(2, 50), y: [0, 1] }, always);
    assert.is(requests[1]!.old.labels.length, count);
  }
});

test('removing a class keeps the examples of the others', async () => {
  const { learner, requests } = await open();
  await learner.learn({ x: samples(6, 0), y: [0, 1, 0, 1, 0, 1] }, always);
  await learner.addClass('maybe', samples(3, 30), always);
  await learner.removeClass('maybe');
  await learner.learn({ x: samples(2, 60), y: ['no', 'yes'] }, always);
  assert.equal(new Set(requests[2]!.old.labels), new Set([0, 1]));
  assert.is(requests[2]!.old.labels.length, 6);
  const error: unknown = await learner
    .learn({ x: samples(1, 0), y: ['maybe'] })
    .catch((thrown: unknown) => thrown);
  assert.instance(error, InputError);
});

test('a lesson that fails leaves the learner as it was, and open to the next', async () => {
  const { learner } = await open();
  const sample = samples(1, 3);
  const before = await learner.predict(sample);
  const failure = new EngineError('the engine is gone');
  const onProgress = (): void => {
    throw failure;
  };
  for (const work of [
    () => learner.learn({ x: samples(4, 0), y: [0, 1, 0, 1] }, { ...always, onProgress }),
    () =>
      learner.addClass('maybe', samples(1, 0), {
        ...always,
        keep: 'improved',
        signal: { aborted: true },
      }),
  ]) {
    await work().catch((error: unknown) => assert.is(error, failure));
    assert.equal(learner.labels, ['no', 'yes']);
    assert.equal(await learner.predict(sample), before);
  }
  assert.ok((await learner.learn({ x: samples(4, 0), y: [0, 1, 0, 1] }, always)).kept);
});

const whole: Snapshot = {
  packageId: toHex(packageId),
  lesson: firstLesson,
  labels: ['maybe'],
  layers: [],
  examples: { samples: new Uint8Array(2 * size), labels: [0, 2], held: [0, 1] },
};

test('a file with a right digest and a wrong content changes nothing', async () => {
  const { learner } = await open();
  await learner.load(encodeSnapshot(whole));
  assert.equal(learner.labels, ['no', 'yes', 'maybe']);
  const sample = samples(1, 3);
  const before = await learner.predict(sample);
  const { examples } = whole;
  const layer = { node: 2, weights: new Uint8Array(54), bias: new Int32Array(3) };
  for (const wrong of [
    { labels: ['yes'] },
    { labels: ['a', 'a'] },
    { labels: ['a', 'b'] },
    { examples: { ...examples, samples: new Uint8Array(2 * size - 1) } },
    { examples: { ...examples, samples: new Uint8Array(0) } },
    { examples: { ...examples, labels: [0, 3] } },
    { layers: [{ ...layer, node: 1 }] },
    { layers: [{ ...layer, bias: new Int32Array(4) }] },
    { layers: [{ ...layer, weights: new Uint8Array(53) }] },
    { layers: [{ ...layer, weights: new Uint8Array(54).fill(65) }] }, // past the limit
    { layers: [{ ...layer, weights: new Uint8Array(54).fill(128) }] },
  ]) {
    const error: unknown = await learner
      .load(encodeSnapshot({ ...whole, ...wrong }))
      .catch((thrown: unknown) => thrown);
    assert.instance(error, FormatError, JSON.stringify(wrong));
    assert.is(learner.history().length, 1);
    assert.equal(await learner.predict(sample), before);
  }
});

test('any bytes are loaded as what they are or refused', async () => {
  const { learner } = await open();
  const file = encodeSnapshot(whole);
  await fc.assert(
    fc.asyncProperty(
      fc.nat(file.length - 1),
      fc.uint8Array({ minLength: 1, maxLength: 40 }),
      async (at, bytes) => {
        const damaged = file.slice();
        damaged.set(bytes.subarray(0, damaged.length - at), at);
        const isSame = damaged.every((byte, i) => byte === file[i]);
        const error: unknown = await learner.load(damaged).catch((thrown: unknown) => thrown);
        if (!isSame) assert.instance(error, FormatError);
      },
    ),
    { seed: 6, numRuns: 300 },
  );
});

test.run();
