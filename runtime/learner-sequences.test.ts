// Labels of every step, and samples with fewer steps than the model, through the whole learner.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { firstLesson } from '../test/support/first-lesson.ts';
import { openKernelLearner } from '../test/support/kernel-learner.ts';
import { sequenceContent } from '../test/support/sequence-content.ts';
import { smallContent } from '../test/support/small-content.ts';
import { InputError } from './errors.ts';
import { copyParameters } from './graph/parameters.ts';
import { openKernelEngine } from './kernels/engine.ts';
import type { Prediction } from './learning/prediction.ts';
import { toHex } from './state/hex.ts';
import { memoryStorage } from './state/memory-storage.ts';
import { encodeSnapshot } from './state/snapshot.ts';
import type { Snapshot } from './state/snapshot.ts';

const test = suite('runtime/learner of sequences');

const toOne = sequenceContent('one');
const toEvery = sequenceContent('every step');
const always = { keep: 'always', share: 1, epochs: 1 } as const;

/** Sample `name` of `steps` steps, alike in their ends. */
function sample(steps: number, name = 0): number[] {
  return Array.from({ length: 24 }, (_, i) => Math.sin(i * (1 + name / 10) + name)).slice(
    -3 * steps,
  );
}

/** Steps pushed into a stream: an independent way to run a short sequence. */
async function streamed(content: typeof toOne, values: readonly number[]): Promise<Prediction[]> {
  const { learner } = await openKernelLearner(content);
  await using stream = await learner.stream();
  const predictions: Prediction[] = [];
  for (let at = 0; at < values.length; at += 3) {
    predictions.push(await stream.push(values.slice(at, at + 3)));
  }
  return predictions;
}

test('a short sample is predicted as its steps are, whatever it is predicted with', async () => {
  for (const content of [toOne, toEvery]) {
    const { learner } = await openKernelLearner(content);
    const samples = [8, 1, 3, 8, 5].map((steps, i) => sample(steps, i));
    const expected = await Promise.all(samples.map((each) => streamed(content, each)));
    assert.equal(
      await learner.predictAll(samples),
      expected.map((each) => each.at(-1)!),
    );
    for (const [i, each] of samples.entries()) {
      const steps = content === toOne ? expected[i]!.slice(-1) : expected[i]!;
      assert.equal(await learner.predictSteps(each), steps);
    }
  }
});

test('a sample of no steps, of too many or of a part is refused, and of a picture all but the whole', async () => {
  const { learner } = await openKernelLearner(toOne);
  for (const length of [0, 2, 4, 27]) {
    const error = await failure(learner.predictAll([sample(8), Array.from({ length }, () => 0)]));
    assert.is(error.message, `samples[1]: expected 1 to 8 steps of 3 values, got ${length}`);
  }
  const { learner: ofPictures } = await openKernelLearner(smallContent());
  const error = await failure(ofPictures.predict([1, 2, 3]));
  assert.is(error.message, 'samples[0]: expected 9 values, got 3');
});

async function failure(work: Promise<unknown>): Promise<Error> {
  const error: unknown = await work.catch((thrown: unknown) => thrown);
  assert.instance(error, InputError);
  return error as Error;
}

test('a lesson on short samples learns them from their first step on', async () => {
  // Whatever stands before it must not matter: the same lesson on an engine of one chunk per sample.
  const content = { ...toOne, plan: { ...toOne.plan, batchSize: 1 } };
  const { learner } = await openKernelLearner(content);
  const values = sample(3);
  await learner.learn({ x: [values], y: ['yes'] }, { ...always, rehearsal: 0 });
  const learned = await learner.predict(values);
  const own = copyParameters(content.model.layers);
  const engine = await openKernelEngine({ ...content, parameters: own, programs: new Map() });
  const { scale, zeroPoint } = content.model.quantization[0]!;
  const samples = new Uint8Array(24).fill(99); // the learner fills with the zero point
  samples.set(
    values.map((value) => Math.round(value / scale) + zeroPoint),
    15,
  );
  const input = engine.upload(samples, 1, { lengths: Int32Array.of(3) });
  const rates = { rate: 0.1, clip: 0.05, ratio: 1, step: 0, seed: 0 };
  await engine.learnTail(0, input, Float32Array.of(0, 1, 0), rates);
  const logits = await engine.predict(samples, 1, { lengths: Int32Array.of(3) });
  const powers = [...logits.subarray(0, 2)].map((logit) => Math.exp(logit));
  assert.ok(Math.abs(learned.scores[1]! - powers[1]! / (powers[0]! + powers[1]!)) < 1e-12);
  assert.not.equal(await streamed(content, values), [learned]);
});

test('a lesson learns the labels of every step, judged step by step, at the mean rate of those given', async () => {
  const content = { ...toEvery, plan: { ...toEvery.plan, batchSize: 2 } };
  const x = [sample(8, 1), sample(4, 2)];
  const y = [
    ['no', null, null, 1, null, null, null, null],
    [null, 'no', null, null],
  ];
  const { learner } = await openKernelLearner(content);
  const report = await learner.learn({ x, y }, { ...always, holdout: 0 });
  assert.equal([report.samples, report.holdout, report.steps], [2, 0, 1]);
  assert.ok([0, 1 / 3, 2 / 3, 1].includes(report.accuracyBefore));
  const after = await learner.predictSteps(x[1]!);
  // The same step by hand: three labels are judged.
  const own = copyParameters(content.model.layers);
  const engine = await openKernelEngine({ ...content, parameters: own, programs: new Map() });
  const { scale, zeroPoint } = content.model.quantization[0]!;
  const samples = Uint8Array.from(
    [...sample(8, 1), ...Array.from({ length: 12 }, () => 0), ...sample(4, 2)],
    (v) => Math.round(v / scale) + zeroPoint,
  );
  const targets = new Float32Array(32);
  for (const [position, label] of [
    [0, 0],
    [3, 1],
    [13, 0],
  ] as const)
    targets[2 * position + label] = 1;
  const orders = [
    [0, 1],
    [1, 0],
  ] as const; // a lesson's order does not matter to the sums
  const lengths = Int32Array.of(8, 4);
  const input = engine.upload(samples, orders.length, { lengths });
  await engine.learnTail(0, input, targets, {
    rate: 0.1 / 3,
    clip: 0.05,
    ratio: 1,
    step: 0,
    seed: 0,
  });
  const logits = await engine.predict(samples, 2, { lengths });
  const scores = Array.from({ length: 4 }, (_, i) => {
    const [a, b] = logits.subarray(2 * (12 + i), 2 * (13 + i));
    return 1 / (1 + Math.exp(b! - a!));
  });
  after.forEach((prediction, i) => assert.ok(Math.abs(prediction.scores[0]! - scores[i]!) < 1e-9));
});

test('a rule of every step is learned, and held-out sequences judge it', async () => {
  const { learner } = await openKernelLearner(toEvery);
  const x = Array.from({ length: 60 }, (_, i) => sample(i % 3 === 0 ? 5 : 8, i));
  const y = x.map((values) =>
    Array.from({ length: values.length / 3 }, (_, t) => (values[3 * t]! > 0 ? 'yes' : 'no')),
  );
  const report = await learner.learn({ x, y }, { epochs: 12, learningRate: 1 });
  assert.is(report.holdout, 12);
  assert.ok(report.kept, report.cause ?? '');
  assert.ok(report.accuracyAfter > report.accuracyBefore + 0.1, JSON.stringify(report));
});

test('no label at all, and a new class where every step has one, are refused', async () => {
  const { learner } = await openKernelLearner(toEvery);
  const x = [sample(2)];
  const none = await failure(learner.learn({ x, y: [[null, null]] }));
  assert.match(none.message, /^labels: expected at least one, got none/);
  const added = await failure(learner.addClass('maybe', x));
  assert.match(added.message, /^addClass: expected a model with one label a sample/);
});

test('a new class may come from short samples', async () => {
  const { learner, requests } = await openKernelLearner(toOne);
  await learner.learn(
    { x: [sample(8), sample(3, 1)], y: ['no', 'yes'] },
    { ...always, holdout: 0 },
  );
  await learner.addClass('maybe', [sample(2, 3), sample(8, 4)], always);
  assert.equal(learner.labels, ['no', 'yes', 'maybe']);
  assert.equal(requests[1]!.fresh.padding, [6, 0]);
  assert.equal(requests[1]!.old.padding?.toSorted(), [0, 5]);
});

test('examples are remembered with their lengths and labels, through closing and opening', async () => {
  for (const [content, y] of [
    [toOne, ['no', 'yes', 1]],
    [toEvery, [['no', null], Array.from({ length: 8 }, (_, t) => t % 2), [1]]],
  ] as const) {
    const storage = memoryStorage();
    const x = [sample(2, 1), sample(8, 2), sample(1, 3)];
    const { learner, state, requests } = await openKernelLearner(content, storage);
    await learner.learn({ x, y }, always);
    const file = await learner.save();
    await state[Symbol.asyncDispose]();
    const again = await openKernelLearner(content, storage);
    await again.learner.learn({ x: [sample(8, 7)], y: [y[1]] }, always);
    const { old } = again.requests[0]!;
    const known = (own: typeof old): string[] =>
      own.held.map((held, i) => {
        const each = own.labels.length / own.held.length;
        const labels = own.labels.slice(i * each, (i + 1) * each);
        return JSON.stringify([
          own.samples.subarray(24 * i, 24 * (i + 1)),
          labels,
          held,
          own.padding?.[i],
        ]);
      });
    assert.equal(known(old).toSorted(), known(requests[0]!.fresh).toSorted());
    const other = await openKernelLearner(content);
    await other.learner.load(file);
    assert.equal(await other.learner.predict(x[0]!), await learner.predict(x[0]!));
  }
});

test('of sequences with labels of their steps as many are kept as fit with their labels', async () => {
  const { learner, state } = await openKernelLearner(toEvery, memoryStorage(), 5 * (24 + 2 * 7));
  const x = Array.from({ length: 9 }, (_, i) => sample(8, i));
  await learner.learn(
    {
      x,
      y: x
        .flat()
        .filter((_, i) => i % 3 === 0)
        .map(() => 1),
    },
    always,
  );
  assert.is(state.examples.held.length, 5);
  assert.is(state.examples.labels.length, 40);
});

test('a file whose lengths or labels do not fit the model is refused', async () => {
  const { learner } = await openKernelLearner(toEvery);
  await learner.learn({ x: [sample(2)], y: [[0, 1]] }, always);
  const labels = [-1, -1, -1, -1, -1, -1, 0, 1];
  const examples = { samples: new Uint8Array(24), labels, held: [0], padding: [6] };
  const whole: Snapshot = {
    packageId: toHex(new Uint8Array(32).fill(4)),
    lesson: firstLesson,
    labels: [],
    layers: [],
    examples,
  };
  await learner.load(encodeSnapshot(whole));
  for (const wrong of [
    { padding: [8] },
    { padding: [0, 0] },
    { labels: [0] },
    { labels: labels.with(0, 2) },
    { labels: [...labels, ...labels] },
  ]) {
    const error: unknown = await learner
      .load(encodeSnapshot({ ...whole, examples: { ...examples, ...wrong } }))
      .catch((thrown: unknown) => thrown);
    assert.is((error as { name?: string }).name, 'FormatError', JSON.stringify(wrong));
  }
});

test.run();
