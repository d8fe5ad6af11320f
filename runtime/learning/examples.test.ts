import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { InputError } from '../errors.ts';
import { checkLabels, oneHot, selectSamples, splitExamples } from './examples.ts';

const test = suite('runtime/learning/examples');

test('a split holds out a fifth of each class and loses nothing', () => {
  const labels = Array.from({ length: 100 }, (_, index) => index % 5);
  const { training, holdout } = splitExamples(labels, 0.2, 3);
  assert.is(holdout.length, 20);
  for (let label = 0; label < 5; label++) {
    assert.is(holdout.filter((index) => labels[index] === label).length, 4);
  }
  assert.equal(
    [...training, ...holdout].toSorted((a, b) => a - b),
    labels.map((_, index) => index),
  );
});

test('a class with fewer than four examples is learned whole, unless a fifth of it is one', () => {
  assert.equal(splitExamples([0, 1], 0.2, 0), { training: [0, 1], holdout: [] });
});

test('a split depends on the seed and on nothing else', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 20 }),
      fc.nat(),
      (labels, seed) => {
        assert.equal(splitExamples(labels, 0.3, seed), splitExamples(labels, 0.3, seed));
      },
    ),
    { seed: 1 },
  );
});

test('no fraction holds out nothing', () => {
  assert.is(splitExamples([0, 0, 0, 0, 0, 1], 0, 1).holdout.length, 0);
});

test('a label outside the classes is refused, with its place and the range', () => {
  assert.throws(
    () => checkLabels([0, 10], 2, 10),
    (error: unknown) =>
      error instanceof InputError &&
      error.message === 'labels[1]: expected a class from 0 to 9, got 10',
  );
  assert.throws(() => checkLabels([0.5], 1, 10), /expected a class/);
  assert.throws(() => checkLabels([0], 2, 10), /one for each of 2 samples, got 1/);
});

test('samples and targets are picked in the order asked for', () => {
  const samples = Uint8Array.of(1, 2, 3, 4, 5, 6);
  assert.equal([...selectSamples(samples, 2, [2, 0])], [5, 6, 1, 2]);
  assert.equal([...oneHot([1, 0, 2], [2, 0], 3)], [0, 0, 1, 0, 1, 0]);
});

test.run();
