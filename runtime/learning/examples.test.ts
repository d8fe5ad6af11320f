import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { InputError } from '../errors.ts';
import { checkLabels, oneHot, selectSamples, splitExamples } from './examples.ts';
import type { SplitExamples } from './examples.ts';

const test = suite('runtime/learning/examples');

/** Samples of two bytes, all different. */
function split(labels: readonly number[], fraction: number, seed = 0): SplitExamples {
  const samples = Uint8Array.from(
    { length: labels.length * 2 },
    (_, i) => (i >> 1) >> (8 * (i & 1)),
  );
  return splitExamples({ samples, labels }, { size: 2, fraction, seed });
}

function heldOf(examples: SplitExamples): number[] {
  return examples.held.flatMap((held, i) => (held === 1 ? [i] : []));
}

test('a split holds out a fifth of each class and loses nothing', () => {
  const labels = Array.from({ length: 100 }, (_, index) => index % 5);
  const examples = split(labels, 0.2, 3);
  assert.equal(examples.labels, labels);
  assert.is(examples.samples.length, 200);
  for (let label = 0; label < 5; label++) {
    assert.is(heldOf(examples).filter((index) => labels[index] === label).length, 4);
  }
});

test('a class with fewer than four examples is learned whole, unless a fifth of it is one', () => {
  assert.equal(split([0, 1], 0.2).held, [0, 0]);
  assert.is(heldOf(split([0, 0, 0], 0.2)).length, 1);
  assert.is(heldOf(split([0, 0, 0, 0], 0.1)).length, 1);
});

test('a split depends on the seed and on nothing else', () => {
  const labels = fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 20 });
  fc.assert(
    fc.property(labels, fc.nat(), (given, seed) => {
      assert.equal(split(given, 0.3, seed), split(given, 0.3, seed));
    }),
    { seed: 1 },
  );
  const zeros = Array.from({ length: 50 }, () => 0);
  const splits = new Set([1, 2, 3, 4].map((seed) => heldOf(split(zeros, 0.2, seed)).join()));
  assert.is(splits.size, 4);
});

test('what is held out goes by the sample, not by its place or its company', () => {
  const labels = Array.from({ length: 40 }, () => 0);
  const all = split(labels, 0.25);
  const reversed = {
    samples: selectSamples(
      all.samples,
      2,
      labels.map((_, i) => 39 - i),
    ),
    labels,
  };
  const again = splitExamples(reversed, { size: 2, fraction: 0.25, seed: 0 });
  assert.equal(again.held, all.held.toReversed());
  // Of half of them at most those are held out that are so, or would be were there room.
  const half = splitExamples(
    { samples: all.samples.slice(0, 40), labels: labels.slice(20) },
    { size: 2, fraction: 0.5, seed: 0 },
  );
  const before = heldOf(all).filter((i) => i < 20);
  assert.ok(before.length > 0 && before.every((i) => half.held[i] === 1));
});

test('no fraction holds out nothing', () => {
  assert.equal(heldOf(split([0, 0, 0, 0, 0, 1], 0)), []);
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
