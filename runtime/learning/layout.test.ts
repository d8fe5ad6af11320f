import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { InputError } from '../errors.ts';
import { layoutOf } from './layout.ts';
import type { Feedback, FeedbackSource, Plan, Rule } from './plan.ts';

const test = suite('runtime/learning/layout');

const modules = [0, 1, 2, 3].map((from) => ({ name: `m${from}`, from, to: from + 1 }));

function plan(...rules: Rule[]): Plan {
  return {
    rules,
    batchSize: 4,
    epochs: 1,
    learningRate: 0.01,
    feedbackRatio: 0.3,
    clip: 0.02,
    recurrence: null,
  };
}

function feedback(module: number, source: FeedbackSource): Feedback {
  const matrix = new Int8Array(1);
  const scales = new Float32Array(1);
  return {
    target: module + 1,
    source,
    kernel: 1,
    dilation: 1,
    groups: 1,
    grid: [1, 1],
    matrix,
    scales,
  };
}

test('frozen, feedback and exact modules are told apart', () => {
  const layout = layoutOf(plan('frozen', 'feedback-local', 'feedback-local', 'exact'), modules, [
    feedback(1, 'tail'),
    feedback(2, 'logits'),
  ]);
  assert.equal(layout, {
    trained: 1,
    replay: 3,
    tail: 3,
    feedbackEnd: 3,
    sources: [null, 'tail', 'logits', null],
    feedbackRatio: 0.3,
  });
});

test('replayed modules lie directly before the tail', () => {
  const layout = layoutOf(plan('feedback-local', 'exact-replay', 'exact', 'exact'), modules, [
    feedback(0, 'tail'),
  ]);
  assert.is(layout.replay, 1);
  assert.is(layout.tail, 2);
  assert.is(layout.feedbackEnd, 1);
  assert.throws(
    () => layoutOf(plan('exact-replay', 'frozen', 'exact', 'exact'), modules, []),
    (error: unknown) =>
      error instanceof InputError && /directly before the tail/.test(error.message),
  );
});

test('feedback from a module’s own end needs the gradient there, so it is replayed', () => {
  const layout = layoutOf(plan('frozen', 'frozen', 'feedback-direct', 'exact'), modules, [
    feedback(2, 'module'),
  ]);
  assert.is(layout.replay, 2);
  assert.is(layout.sources[2], null);
});

test('a plan without a tail, with a gap in it, or without its feedback is refused', () => {
  assert.throws(
    () => layoutOf(plan('frozen', 'frozen', 'frozen', 'frozen'), modules, []),
    /the last ones exact/,
  );
  assert.throws(
    () => layoutOf(plan('exact', 'frozen', 'exact', 'exact'), modules, []),
    /the last ones exact/,
  );
  assert.throws(() => layoutOf(plan('exact'), modules, []), /one rule for each of 4 modules/);
  assert.throws(
    () => layoutOf(plan('feedback-local', 'frozen', 'frozen', 'exact'), modules, []),
    /module 0 \(feedback-local\) to have feedback/,
  );
});

test.run();
