// The learner as a page uses it: by URL or bytes, in a worker, across reloads and lost contexts.
import { getWebGLContext } from '@tensorflow/tfjs-backend-webgl/dist/canvas_util.js';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { encodePackage } from '#exporters';
import type { LessonOptions } from '#runtime';

import { openLearner } from '../../targets/browser/index.ts';
import { sha256 } from '../../targets/browser/package-file.ts';
import { deleteIndexedDbStorage } from '../../targets/browser/storage/indexed-db-storage.ts';
import { smallContent } from '../support/small-content.ts';

const test = suite('targets/browser/open-learner');
const options: LessonOptions = { keep: 'always', epochs: 3, learningRate: 0.5 };
const x = Array.from({ length: 12 }, (_, n) =>
  Float32Array.from({ length: 9 }, (_value, i) => (i % 3 === n % 2 ? 20 : -10) + n),
);
const y = x.map((_, n) => n % 2);

async function packageBytes(): Promise<Uint8Array> {
  return encodePackage(smallContent(), sha256);
}

function refuse(reason: string): void {
  throw new Error(`expected WebGL in a worker, got a fallback: ${reason}`);
}

function loseContext(): void {
  const gl = getWebGLContext(2) as WebGL2RenderingContext;
  gl.getExtension('WEBGL_lose_context')!.loseContext();
}

test('a lesson in a worker is kept, remembered, and undone', async () => {
  const bytes = await packageBytes();
  const state = 'kept';
  let before: readonly number[];
  let after: readonly number[];
  {
    await using learner = await openLearner(bytes, { state, onFallback: refuse });
    before = (await learner.predict(x[0]!)).scores;
    let steps = 0;
    const onProgress = (): void => void steps++;
    const lesson = await learner.learn({ x, y }, { ...options, onProgress });
    assert.ok(lesson.kept);
    assert.is(steps, lesson.steps);
    after = (await learner.predict(x[0]!)).scores;
    assert.not.equal(after, before);
  }
  await using learner = await openLearner(bytes, { state, onFallback: refuse });
  assert.equal((await learner.predict(x[0]!)).scores, after);
  await learner.undo();
  assert.equal((await learner.predict(x[0]!)).scores, before);
  await learner[Symbol.asyncDispose]();
  await deleteIndexedDbStorage(state);
});

test('worker and page learn the same', async () => {
  const bytes = await packageBytes();
  const scores: (readonly number[])[] = [];
  for (const lessons of ['worker', 'here'] as const) {
    await using learner = await openLearner(bytes, { lessons, onFallback: refuse });
    await learner.learn({ x, y }, options);
    scores.push((await learner.predict(x[1]!)).scores);
  }
  assert.equal(scores[0], scores[1]);
});

test('a class is added by a worker, read on the GPU, remembered, saved and loaded', async () => {
  const bytes = await packageBytes(); // of two classes, and a third row
  const state = 'classes';
  const [first] = x;
  let scores: readonly number[];
  let file: Uint8Array;
  {
    await using learner = await openLearner(bytes, { state, onFallback: refuse });
    assert.is(learner.engine, 'webgl');
    const lesson = await learner.addClass('maybe', x.slice(0, 3), { keep: 'always' });
    assert.equal([lesson.kept, lesson.steps], [true, 0]);
    ({ scores } = await learner.predict(first!));
    assert.is(scores.length, 3);
    await learner.learn({ x: x.slice(3), y: y.slice(3) }, { ...options, rehearsal: 1 });
    await learner.undo();
    file = await learner.save();
  }
  await using learner = await openLearner(bytes, { state, onFallback: refuse });
  assert.equal(learner.labels, ['no', 'yes', 'maybe']);
  assert.equal((await learner.predict(first!)).scores, scores);
  await learner.forget();
  assert.equal(learner.labels, ['no', 'yes']);
  await learner.load(file);
  assert.equal((await learner.predict(first!)).scores, scores);
  await learner[Symbol.asyncDispose]();
  await deleteIndexedDbStorage(state);
});

test('where no worker starts the page teaches, and the reason is told', async () => {
  const reasons: string[] = [];
  await using learner = await openLearner(await packageBytes(), {
    lessons: () => new Worker('/missing.js', { type: 'module' }),
    onFallback: (reason, instead) => reasons.push(`${instead}: ${reason}`),
  });
  assert.ok((await learner.learn({ x, y }, options)).kept);
  assert.is(reasons.length, 1);
  assert.match(reasons[0]!, /^page: lesson: expected a worker to start/);
});

test('a package can be fetched; what cannot is named', async () => {
  const url = URL.createObjectURL(new Blob([new Uint8Array(await packageBytes())]));
  await using learner = await openLearner(url);
  assert.is(learner.labels.length, smallContent().labels.length);
  try {
    await openLearner('/missing.onward');
    assert.unreachable();
  } catch (error) {
    assert.match((error as Error).message, /^\/missing\.onward: expected a package .* status 404$/);
  }
});

test('a learner outlives its context', async () => {
  await using learner = await openLearner(await packageBytes(), { lessons: 'here' });
  await learner.learn({ x, y }, options);
  const { scores } = await learner.predict(x[2]!);
  loseContext();
  assert.equal((await learner.predict(x[2]!)).scores, scores);
  assert.ok((await learner.learn({ x, y }, options)).kept);
});

test('a context lost during a lesson ends it, and the weights before it stand', async () => {
  await using learner = await openLearner(await packageBytes(), { lessons: 'here' });
  const { scores } = await learner.predict(x[2]!);
  try {
    await learner.learn({ x, y }, { ...options, onProgress: loseContext });
    assert.unreachable('expected an EngineError, got a lesson');
  } catch (error) {
    assert.is((error as Error).name, 'EngineError');
  }
  assert.equal((await learner.predict(x[2]!)).scores, scores);
});

test.run();
