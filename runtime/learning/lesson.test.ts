import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { copyParameters, engineCases } from '#test-support';

import type { Engine } from '../engine.ts';
import { inferShapes } from '../graph/graph.ts';
import { sizeOf } from '../graph/shape.ts';
import { openKernelEngine } from '../kernels/engine.ts';
import { noExamples, splitExamples } from './examples.ts';
import type { SplitExamples } from './examples.ts';
import { runLesson } from './lesson.ts';
import type { Lesson, LessonRequest } from './lesson.ts';
import { shuffled } from './shuffle.ts';

const test = suite('runtime/learning/lesson');

const learnable = engineCases().find(({ input }) =>
  input.plan.rules.some((rule) => rule === 'feedback-local'),
)!.input;

async function open(wrap: (engine: Engine) => Engine = (engine) => engine): Promise<Lesson> {
  const parameters = copyParameters(learnable.model.layers);
  const engine = wrap(await openKernelEngine({ ...learnable, parameters, programs: new Map() }));
  return {
    engine,
    content: { ...learnable, plan: { ...learnable.plan, batchSize: 4, epochs: 2 } },
    parameters,
  };
}

const classes = inferShapes(learnable.model.graph).at(-1)![2];
const size = sizeOf(learnable.model.graph.inputShape);

function examples(
  count: number,
  labelOf = (index: number): number => index % classes,
): SplitExamples {
  const bytes = shuffled(
    Array.from({ length: size * count }, (_, index) => (index * 37) % 256),
    5,
  );
  const labels = Array.from({ length: count }, (_, index) => labelOf(index));
  const all = { samples: Uint8Array.from(bytes), labels };
  return splitExamples(all, { size, fraction: 0.2, seed: 0 });
}

function request(fresh: SplitExamples, more: Partial<LessonRequest> = {}): LessonRequest {
  return { fresh, old: noExamples, newClass: null, firstStep: 0, ...more };
}

/** The reference kernels, but for what `own` has instead. */
function openWith(own: Partial<Engine>): Promise<Lesson> {
  return open((engine) => ({
    name: 'own',
    learnTail: (...call) => engine.learnTail(...call),
    learnByFeedback: (...call) => engine.learnByFeedback(...call),
    learnByReplay: (...call) => engine.learnByReplay(...call),
    forward: (...call) => engine.forward(...call),
    predict: (...call) => engine.predict(...call),
    upload: (...call) => engine.upload(...call),
    download: (...call) => engine.download(...call),
    push: () => engine.push(),
    pull: () => engine.pull(),
    [Symbol.asyncDispose]: () => engine[Symbol.asyncDispose](),
    ...own,
  }));
}

/** Answers `right` of the calls of predict with logits for class 0, the others for class 1. */
function answers(isRight: (call: number) => boolean): Engine['predict'] {
  let calls = 0;
  return async (_, batch) => {
    const label = isRight(calls++) ? 0 : 1;
    return Float32Array.from({ length: batch * classes }, (_value, i) =>
      i % classes === label ? 1 : 0,
    );
  };
}

function weightsOf({ parameters }: Lesson): number[] {
  return Array.from(parameters.values(), ({ weights, bias }) => [...weights, ...bias]).flat();
}

test('a lesson kept always changes the weights, the same way each time', async () => {
  const [first, second] = [await open(), await open()];
  const before = weightsOf(first);
  const options = { keep: 'always', seed: 3 } as const;
  const report = await runLesson(first, request(examples(16)), options);
  await runLesson(second, request(examples(16)), options);
  assert.ok(report.kept);
  assert.is(report.cause, null);
  assert.is(report.steps, 2 * Math.ceil((16 - report.holdout) / 4));
  assert.not.equal(weightsOf(first), before);
  assert.equal(weightsOf(first), weightsOf(second));
});

test('the weights kept lie a share of the way from the old ones to those learned, nine tenths unless told', async () => {
  const before = weightsOf(await open());
  const learned = async (share?: number): Promise<number[]> => {
    const lesson = await open();
    await runLesson(lesson, request(examples(16)), {
      keep: 'always',
      ...(share !== undefined && { share }),
    });
    return weightsOf(lesson);
  };
  const whole = await learned(1);
  const between = (share: number): number[] =>
    before.map((old, i) => Math.round(old + share * (whole[i]! - old)));
  assert.ok(whole.some((value, i) => Math.abs(value - before[i]!) > 5));
  assert.equal(await learned(0.5), between(0.5));
  assert.equal(await learned(), between(0.9));
  assert.not.equal(await learned(), whole);
  assert.equal(await learned(0), before);
});

test('a share that is none is refused, and nothing changes', async () => {
  const lesson = await open();
  const before = weightsOf(lesson);
  for (const share of [-0.1, 1.5, Number.NaN]) {
    const error: unknown = await runLesson(lesson, request(examples(16)), { share }).catch(
      (thrown: unknown) => thrown,
    );
    assert.is((error as Error).message, `share: expected 0 to 1, got ${share}`);
  }
  assert.equal(weightsOf(lesson), before);
});

test('a lesson that makes the held-out examples worse leaves every weight as it was', async () => {
  const lesson = await openWith({ predict: answers((call) => call === 0) });
  const before = weightsOf(lesson);
  const report = await runLesson(lesson, request(examples(16, () => 0)));
  assert.equal([report.accuracyBefore, report.accuracyAfter], [1, 0]);
  assert.equal([report.oldHoldout, report.oldAccuracyAfter], [0, null]);
  assert.equal([report.kept, report.cause], [false, 'no better on the examples held out']);
  assert.equal(weightsOf(lesson), before);
});

test('a lesson that helps, and makes the old examples worse, is not kept', async () => {
  // Calls: the lesson's own examples and the old ones before, then both after. Old ones: 12, all held.
  for (const [isRight, cause] of [
    [(call: number) => call > 0, null],
    [(call: number) => call === 1 || call === 2, 'worse on earlier examples'],
  ] as const) {
    const lesson = await openWith({ predict: answers(isRight) });
    const before = weightsOf(lesson);
    const held = { ...examples(12, () => 0), held: Array.from({ length: 12 }, () => 1) };
    const report = await runLesson(
      lesson,
      request(
        examples(16, () => 0),
        { old: held },
      ),
    );
    assert.equal([report.accuracyBefore, report.accuracyAfter, report.oldHoldout], [0, 1, 12]);
    assert.is(report.cause, cause);
    assert.is(report.kept, cause === null);
    assert.is(weightsOf(lesson).join() === before.join(), cause !== null);
  }
});

test('old examples are rehearsed, as many as asked for, and those held back never', async () => {
  const uploads: number[] = [];
  const kernels = await open();
  const old = examples(40, () => 1);
  const places = new Map(
    Array.from({ length: 40 }, (_, i) => [old.samples.slice(i * size, (i + 1) * size).join(), i]),
  );
  const lesson = await openWith({
    upload(samples, batch) {
      for (let n = 0; n < batch; n++) {
        const place = places.get(samples.slice(n * size, (n + 1) * size).join());
        if (place !== undefined) uploads.push(place);
      }
      return kernels.engine.upload(samples, batch);
    },
  });
  const fresh = {
    ...examples(8),
    samples: examples(48).samples.slice(40 * size),
    held: examples(8).held.map(() => 0),
  };
  const report = await runLesson(lesson, request(fresh, { old }), { rehearsal: 2, epochs: 3 });
  assert.is(uploads.length, 3 * 16);
  assert.ok(uploads.every((place) => old.held[place] === 0));
  assert.is(new Set(uploads.slice(0, 16)).size, 16);
  assert.is(report.steps, 3 * ((8 + 16) / 4));
  assert.is(report.oldHoldout, 8);
});

test('an aborted lesson stops and leaves every weight as it was', async () => {
  const lesson = await open();
  const before = weightsOf(lesson);
  const signal = { aborted: false };
  let seen = 0;
  const report = await runLesson(lesson, request(examples(16)), {
    signal,
    onProgress: ({ step }) => {
      seen = step;
      signal.aborted = step === 2;
    },
  });
  assert.is(seen, 2);
  assert.equal([report.kept, report.cause], [false, 'aborted']);
  assert.equal(weightsOf(lesson), before);
});

test('an engine that fails in the middle leaves every weight as it was', async () => {
  const lesson = await open();
  const before = weightsOf(lesson);
  const failure = new Error('the engine is gone');
  const onProgress = ({ step }: { step: number }): void => {
    if (step === 3) throw failure;
  };
  const error: unknown = await runLesson(lesson, request(examples(16)), { onProgress }).catch(
    (thrown: unknown) => thrown,
  );
  assert.is(error, failure);
  assert.equal(weightsOf(lesson), before);
});

test.run();
