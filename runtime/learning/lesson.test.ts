import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { copyParameters, engineCases } from '#test-support';

import type { Engine } from '../engine.ts';
import { inferShapes } from '../graph/graph.ts';
import { sizeOf } from '../graph/shape.ts';
import { openKernelEngine } from '../kernels/engine.ts';
import type { Examples } from './examples.ts';
import { layoutOf } from './layout.ts';
import { runLesson } from './lesson.ts';
import type { Lesson } from './lesson.ts';
import { shuffled } from './shuffle.ts';

const test = suite('runtime/learning/lesson');

const learnable = engineCases().find(({ input }) =>
  input.plan.rules.some((rule) => rule === 'feedback-local'),
)!.input;

function open(wrap: (engine: Engine) => Engine = (engine) => engine): Lesson {
  const parameters = copyParameters(learnable.model.layers);
  const engine = wrap(openKernelEngine({ ...learnable, parameters, programs: new Map() }));
  return {
    engine,
    layout: layoutOf(learnable.plan, learnable.modules, learnable.feedback),
    plan: { ...learnable.plan, batchSize: 4, epochs: 2 },
    parameters,
    classes: inferShapes(learnable.model.graph).at(-1)![2],
    sampleSize: sizeOf(learnable.model.graph.inputShape),
    firstStep: 0,
  };
}

function examples({ sampleSize, classes }: Lesson, count: number): Examples {
  const bytes = shuffled(
    Array.from({ length: sampleSize * count }, (_, index) => (index * 37) % 256),
    5,
  );
  return {
    samples: Uint8Array.from(bytes),
    labels: Array.from({ length: count }, (_, index) => index % classes),
  };
}

function weightsOf({ parameters }: Lesson): number[] {
  return Array.from(parameters.values(), ({ weights, bias }) => [...weights, ...bias]).flat();
}

test('a lesson kept always changes the weights, the same way each time', async () => {
  const [first, second] = [open(), open()];
  const before = weightsOf(first);
  const options = { keep: 'always', seed: 3 } as const;
  const report = await runLesson(first, examples(first, 16), options);
  await runLesson(second, examples(second, 16), options);
  assert.ok(report.kept);
  assert.is(report.steps, 2 * Math.ceil((16 - report.holdout) / 4));
  assert.not.equal(weightsOf(first), before);
  assert.equal(weightsOf(first), weightsOf(second));
});

test('a lesson that makes the held-out examples worse leaves every weight as it was', async () => {
  let predictions = 0;
  const lesson = open((engine) =>
    Object.assign(Object.create(engine) as Engine, {
      // Right for the gate's first look, wrong for its second.
      predict: async (_: Uint8Array, batch: number) => {
        const logits = new Float32Array(batch * lesson.classes);
        for (let n = 0; n < batch; n++)
          logits[n * lesson.classes + (predictions === 0 ? 0 : 1)] = 1;
        predictions++;
        return logits;
      },
      learnTail: engine.learnTail.bind(engine),
      learnByFeedback: engine.learnByFeedback.bind(engine),
      learnByReplay: engine.learnByReplay.bind(engine),
      forward: engine.forward.bind(engine),
      upload: engine.upload.bind(engine),
      push: engine.push.bind(engine),
      pull: engine.pull.bind(engine),
    }),
  );
  const before = weightsOf(lesson);
  const { samples } = examples(lesson, 16);
  const report = await runLesson(lesson, { samples, labels: Array.from({ length: 16 }, () => 0) });
  assert.is(report.accuracyBefore, 1);
  assert.is(report.accuracyAfter, 0);
  assert.not.ok(report.kept);
  assert.equal(weightsOf(lesson), before);
});

test('an aborted lesson stops and leaves every weight as it was', async () => {
  const lesson = open();
  const before = weightsOf(lesson);
  const signal = { aborted: false };
  let seen = 0;
  const report = await runLesson(lesson, examples(lesson, 16), {
    signal,
    onProgress: ({ step }) => {
      seen = step;
      signal.aborted = step === 2;
    },
  });
  assert.is(seen, 2);
  assert.not.ok(report.kept);
  assert.equal(weightsOf(lesson), before);
});

test('an engine that fails in the middle leaves every weight as it was', async () => {
  const lesson = open();
  const before = weightsOf(lesson);
  const failure = new Error('the engine is gone');
  const onProgress = ({ step }: { step: number }): void => {
    if (step === 3) throw failure;
  };
  const error: unknown = await runLesson(lesson, examples(lesson, 16), { onProgress }).catch(
    (thrown: unknown) => thrown,
  );
  assert.is(error, failure);
  assert.equal(weightsOf(lesson), before);
});

test.run();
