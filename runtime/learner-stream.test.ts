import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { openKernelLearner } from '../test/support/kernel-learner.ts';
import { sequenceContent } from '../test/support/sequence-content.ts';
import { smallContent } from '../test/support/small-content.ts';
import type { SequenceEngine } from './engine.ts';
import { EngineError, InputError, UnsupportedError } from './errors.ts';
import { copyParameters } from './graph/parameters.ts';
import type { Parameters } from './graph/parameters.ts';
import { openKernelEngine } from './kernels/engine.ts';
import type { Learner } from './learner.ts';
import { oneHot } from './learning/examples.ts';
import { layoutOf } from './learning/layout.ts';
import { learnStep } from './learning/step.ts';
import type { PackageContent } from './package/content.ts';
import { memoryStorage } from './state/memory-storage.ts';

const test = suite('runtime/learner-stream');

const toOne = sequenceContent('one');
const toEvery = sequenceContent('every step');
const [steps, features] = [8, 3];

function engineOn(content: PackageContent, parameters: Parameters): Promise<SequenceEngine> {
  return openKernelEngine({ ...content, parameters, programs: new Map() });
}

/** Step `t` of an endless signal. */
function step(t: number): number[] {
  return [Math.sin(t), Math.cos(2 * t), Math.sin(0.7 * t + 1)];
}

function sequence(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, i) => step(from + i)).flat();
}

test('steps pushed one by one predict what the sequence does, bit for bit', async () => {
  for (const content of [toOne, toEvery]) {
    const { learner } = await openKernelLearner(content);
    await using stream = await learner.stream();
    for (const _ of [0, 1]) {
      for (let t = 0; t < steps; t++) {
        const prediction = await stream.push(step(t));
        assert.equal(prediction, await learner.predict(sequence(0, t + 1)));
      }
      await stream.reset();
    }
  }
});

test('of a model with logits of every step each of them is predicted alike', async () => {
  const { learner } = await openKernelLearner(toEvery);
  await using stream = await learner.stream();
  const pushed = await Promise.all(Array.from({ length: steps }, (_, t) => stream.push(step(t))));
  assert.equal(pushed, await learner.predictSteps(sequence(0, steps)));
});

test('learning in a stream is one learning step on its last steps, from the state before them', async () => {
  for (const [content, given, expected] of [
    [toOne, 'yes', [1]],
    [toEvery, 'yes', [-1, -1, -1, -1, -1, -1, -1, 1]],
    [toEvery, ['no', null, 'yes'], [-1, -1, -1, -1, -1, 0, -1, 1]],
  ] as const) {
    const { learner, opened } = await openKernelLearner(content);
    await using stream = await learner.stream();
    const own = copyParameters(content.model.layers);
    const engine = await engineOn(content, own);
    // States are kept at every third step: after 13 steps the window starts at 6.
    let state: Parameters_ = null;
    for (let t = 0; t < 13; t++) {
      await stream.push(step(t));
      const sample = quantized(content, step(t));
      if (t < 6) ({ state } = await engine.predictStep(sample, 1, state));
    }
    const { steps: learned } = await stream.learn(given, { learningRate: 0.3 });
    assert.is(learned, 7);
    const samples = new Uint8Array(steps * features);
    samples.set(quantized(content, sequence(6, 13)), features);
    const lengths = Int32Array.of(7);
    const input = engine.upload(samples, 1, { lengths, state: state! });
    const classes = content === toOne ? 3 : 2;
    const targets = oneHot(expected, [...expected.keys()], classes);
    const judged = expected.filter((label) => label >= 0).length;
    const rates = { rate: 0.3 / 16 / judged, clip: 0.05 / 16 / 4, ratio: 1, step: 0, seed: 0 };
    await learnStep(engine, layoutOf(content.plan, content.modules, []), { input, targets }, rates);
    assert.not.equal(own, content.model.layers);
    for (const parameters of opened) assert.equal(parameters, own);
    assert.equal(
      await learner.predict(sequence(0, 8)),
      await (await openKernelLearner(content)).learner.predict(sequence(0, 8)),
    );
  }
});

type Parameters_ = Awaited<ReturnType<SequenceEngine['predictStep']>>['state'] | null;

function quantized({ model }: PackageContent, values: readonly number[]): Uint8Array {
  const { scale, zeroPoint } = model.quantization[0]!;
  return Uint8Array.from(values, (value) =>
    Math.max(0, Math.min(255, Math.round(value / scale) + zeroPoint)),
  );
}

/** A signal of two kinds, told apart by its first feature; the stream learns which is which. */
async function teachStream(learner: Learner, labels: number) {
  const stream = await learner.stream();
  for (let t = 0; t < labels * 4; t++) {
    const kind = Math.floor(t / 12) % 2;
    await stream.push([kind === 0 ? 1.5 : -1.5, step(t)[1]!, step(t)[2]!]);
    if (t % 4 === 3) await stream.learn(kind === 0 ? 'yes' : 'no', { learningRate: 0.2 });
  }
  return stream;
}

test('what helped is kept as a lesson, is there at the next opening, and undone', async () => {
  const storage = memoryStorage();
  const sample = sequence(0, steps);
  let [before, after]: unknown[] = [];
  {
    const { learner, state } = await openKernelLearner(toOne, storage);
    before = await learner.predict(sample);
    const stream = await teachStream(learner, 150);
    const lesson = await stream.keep();
    assert.is(lesson.cause, null);
    assert.equal([lesson.samples, lesson.holdout, lesson.steps], [150, 150, 150]);
    assert.ok(lesson.accuracyAfter > lesson.accuracyBefore);
    after = await learner.predict(sample);
    assert.not.equal(after, before);
    const [record] = learner.history();
    assert.equal(
      [record!.id, record!.cause, record!.steps],
      [lesson.id, 'learned in a stream', 150],
    );
    await stream.learn('no'); // not kept
    await stream[Symbol.asyncDispose]();
    assert.equal(await learner.predict(sample), after);
    await state[Symbol.asyncDispose]();
  }
  const { learner } = await openKernelLearner(toOne, storage);
  assert.equal(await learner.predict(sample), after);
  await learner.undo();
  assert.equal(await learner.predict(sample), before);
});

test('what did not help is refused, and noted; always keeps it', async () => {
  const { learner } = await openKernelLearner(toOne);
  const before = await learner.predict(sequence(0, steps));
  await using stream = await learner.stream();
  for (let t = 0; t < 20; t++) await stream.push(step(t));
  await stream.learn('no'); // one label, which judged the weights from before it
  const refused = await stream.keep();
  assert.equal([refused.kept, refused.id], [false, null]);
  assert.match(refused.cause!, /^no better on the labels of the stream/);
  assert.equal(
    learner.history().map(({ kept }) => kept),
    [false],
  );
  assert.equal(await learner.predict(sequence(0, steps)), before);
  await stream.learn('no');
  const kept = await stream.keep({ keep: 'always' });
  assert.ok(kept.kept);
  assert.equal(
    learner.history().map(({ steps: own }) => own),
    [1, 1],
  );
});

test('nothing is kept over a lesson that came between, nor where nothing was learned', async () => {
  const { learner } = await openKernelLearner(toOne);
  await using stream = await learner.stream();
  const refusal = async (): Promise<Error> =>
    stream.keep({ keep: 'always' }).then(
      () => assert.unreachable() as never,
      (error: unknown) => error as Error,
    );
  assert.match((await refusal()).message, /^keep: expected something learned/);
  await stream.push(step(0));
  await stream.learn(1);
  const x = [sequence(0, 8), sequence(3, 9)];
  await learner.learn({ x, y: ['no', 'yes'] }, { keep: 'always', epochs: 1 });
  const after = await learner.predict(sequence(0, 8));
  const error = await refusal();
  assert.instance(error, EngineError);
  assert.match(error.message, /start a new stream/);
  assert.equal(await learner.predict(sequence(0, 8)), after);
  assert.is(learner.history().length, 1);
});

test('a prediction does not wait for learning, and has the weights of before', async () => {
  const { learner } = await openKernelLearner(toOne);
  await using stream = await learner.stream();
  await using other = await learner.stream();
  for (let t = 0; t < 12; t++) await Promise.all([stream.push(step(t)), other.push(step(t))]);
  const order: string[] = [];
  const learning = stream.learn('no', { learningRate: 1 }).then(() => order.push('learned'));
  const pushed = await stream.push(step(12));
  order.push('predicted');
  await learning;
  assert.equal(order, ['predicted', 'learned']);
  assert.equal(pushed, await other.push(step(12)));
  assert.not.equal(await stream.push(step(13)), await other.push(step(13)));
});

test('a step that fails is as if it had not been: in pushing and in learning', async () => {
  const { learner, opened } = await openKernelLearner(toOne);
  await using stream = await learner.stream();
  await using other = await learner.stream();
  for (const wrong of [
    [1, 2],
    [1, 2, 3, 4],
    [1, Number.NaN, 3],
  ]) {
    const error: unknown = await stream.push(wrong).catch((thrown: unknown) => thrown);
    assert.instance(error, InputError);
  }
  const early: unknown = await stream.learn(0).catch((thrown: unknown) => thrown);
  assert.match((early as Error).message, /^learn: expected a step/);
  assert.equal(await stream.push(step(0)), await other.push(step(0)));
  for (const wrong of ['maybe', 2, -1, null, [], [0, 1]]) {
    const error: unknown = await stream.learn(wrong).catch((thrown: unknown) => thrown);
    assert.instance(error, InputError, String(wrong));
  }
  for (const parameters of opened) assert.equal(parameters, copyParameters(toOne.model.layers));
  const both = await Promise.allSettled([stream.learn(0), stream.learn(1)]);
  assert.equal(
    both.map(({ status }) => status),
    ['fulfilled', 'rejected'],
  );
});

test('a model that needs whole sequences is refused, and so is a stream that is closed', async () => {
  const { learner } = await openKernelLearner(smallContent());
  const error: unknown = await learner.stream().catch((thrown: unknown) => thrown);
  assert.instance(error, UnsupportedError);
  const { learner: stepwise } = await openKernelLearner(toOne);
  const stream = await stepwise.stream();
  await stream[Symbol.asyncDispose]();
  await stream[Symbol.asyncDispose]();
  for (const work of [() => stream.push(step(0)), () => stream.learn(0), () => stream.keep()]) {
    const closed: unknown = await work().catch((thrown: unknown) => thrown);
    assert.instance(closed, EngineError);
  }
});

test('over ten thousand steps no more bytes are held than after a hundred', async () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const { learner } = await openKernelLearner(toOne);
  await using stream = await learner.stream();
  const run = async (from: number, to: number) => {
    let held = 0;
    for (let t = from; t < to; t++) {
      await stream.push(step(t));
      if (t % 10 === 9) await stream.learn(t % 20 === 9 ? 'no' : 'yes');
      held = Math.max(held, stream.bytesHeld);
    }
    collect();
    collect();
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    return { heapUsed, arrayBuffers, held };
  };
  const start = await run(0, 3000); // compiled by then, and 256 labels judged
  const end = await run(3000, 13_000);
  assert.is(end.held, start.held);
  // Ten thousand states of 30 bytes would be 300 kB, in objects of some 500 bytes each.
  const grown = [end.arrayBuffers - start.arrayBuffers, end.heapUsed - start.heapUsed] as const;
  assert.ok(grown[0] < 30_000 && grown[1] < 2_000_000, `${grown.join(' and ')} bytes more`);
});

test.run();
