import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import type { Contender } from './verdict.ts';
import { paretoFront, verdictOf } from './verdict.ts';

const test = suite('bench/verdict');

const mebibyte = 2 ** 20;

function contender(arm: string, accuracy: number, mebibytes: number, low = 0.5): Contender {
  return {
    arm,
    after: { mean: accuracy, low: accuracy - 1, high: accuracy + 1 },
    againstOnward: arm === 'onward' ? null : { mean: accuracy - 80, low, high: accuracy - 79 },
    cost: { peakBytes: mebibytes * mebibyte },
  };
}

test('the front holds what no other arm beats, least memory first', () => {
  const front = paretoFront([
    contender('large and best', 90, 10),
    contender('small', 60, 1),
    contender('as accurate as small, larger', 60, 2),
    contender('onward', 80, 3),
    contender('worse than onward everywhere', 79, 4),
  ]);
  assert.equal(front, ['small', 'onward', 'large and best']);
});

test('arms that are alike in both do not push each other out', () => {
  const front = paretoFront([contender('a', 80, 3), contender('b', 80, 3)]);
  assert.equal(front, ['a', 'b']);
});

test('peaks within one per cent are the same memory, and no more than that', () => {
  const own = contender('onward', 80, 4);
  const [near, far] = [contender('near', 80, 3.97), contender('far', 80, 3.95)];
  const { front, sentences } = verdictOf([own, near]);
  assert.equal(front, ['near', 'onward']);
  assert.is(
    sentences[0],
    'onward is on the Pareto front: no arm reaches 80.0 % with less than 4.00 MiB. As good and as large: near.',
  );
  assert.equal(paretoFront([own, far]), ['far']);
  // Of the same memory, the more accurate one beats the other, however little.
  assert.equal(paretoFront([own, contender('better', 80.1, 4.03)]), ['better']);
  assert.equal(paretoFront([own, contender('better', 80.1, 4.05)]), ['onward', 'better']);
});

test('an arm that beats onward in accuracy is named, with its gap and its price', () => {
  const { onwardOnFront, sentences } = verdictOf([
    contender('onward', 80, 4),
    contender('exact replay', 82, 6),
    contender('head only', 60, 1),
  ]);
  assert.is(onwardOnFront, true);
  assert.equal(sentences, [
    'onward is on the Pareto front: no arm reaches 80.0 % with less than 4.00 MiB.',
    'exact replay is 2.0 points more accurate than onward (95 % interval 0.5 to 3.0), with 1.50 times the memory.',
  ]);
});

test('where other users may turn a difference around, the sentence says so', () => {
  const { sentences } = verdictOf([
    contender('onward', 80, 4),
    contender('int8 backprop', 81, 6, -0.5),
  ]);
  assert.match(sentences[1]!, /interval -0\.5 to 2\.0, which other users may turn around\)/);
});

test('an arm that beats onward in both takes it off the front, and the first sentence says so', () => {
  const { onwardOnFront, front, sentences } = verdictOf([
    contender('onward', 80, 4),
    contender('float', 81, 3),
  ]);
  assert.is(onwardOnFront, false);
  assert.equal(front, ['float']);
  assert.equal(sentences, [
    'onward is not on the Pareto front: at least as accurate in no more memory: float (81.0 %, 3.00 MiB).',
    'float is 1.0 points more accurate than onward (95 % interval 0.5 to 2.0), with 3.00 MiB instead of 4.00 MiB.',
  ]);
});

test('a verdict needs onward among the arms', () => {
  assert.throws(() => verdictOf([contender('head only', 60, 1)]), /expected an arm named onward/);
});

test.run();
