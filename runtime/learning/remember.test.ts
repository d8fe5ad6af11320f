import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { noExamples } from './examples.ts';
import type { SplitExamples } from './examples.ts';
import { remember, withoutClass, withoutThese } from './remember.ts';

const test = suite('runtime/learning/remember');

const size = 3;

/** Examples named by a number, which their bytes hold; every fourth is held back. */
function examplesOf(names: readonly number[], labelOf: (name: number) => number): SplitExamples {
  const samples = new Uint8Array(names.length * size);
  names.forEach((name, i) => samples.set([name & 255, name >> 8, labelOf(name)], i * size));
  return {
    samples,
    labels: names.map(labelOf),
    held: names.map((name) => (name % 4 === 0 ? 1 : 0)),
  };
}

function namesOf({ samples, labels }: SplitExamples): number[] {
  return Array.from(labels, (_, i) => samples[i * size]! + 256 * samples[i * size + 1]!);
}

const sorted = (examples: SplitExamples): number[] => namesOf(examples).toSorted((a, b) => a - b);

const numbers = (from: number, to: number): number[] =>
  Array.from({ length: to - from }, (_, i) => from + i);
const room = (count: number, seed = 0) => ({ size, bytes: count * size, seed });

test('what fits is kept whole, with its labels and what it is for', () => {
  const kept = remember(
    examplesOf([1, 2, 4], () => 0),
    examplesOf([5, 8], () => 1),
    room(10),
  );
  assert.equal(sorted(kept), [1, 2, 4, 5, 8]);
  for (const [i, name] of namesOf(kept).entries()) {
    assert.is(kept.labels[i], name < 5 ? 0 : 1);
    assert.is(kept.held[i], name % 4 === 0 ? 1 : 0);
  }
});

test('there is never more than room, and each class has its share of it', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 0, max: 60 }), { minLength: 1, maxLength: 5 }),
      fc.integer({ min: 0, max: 90 }),
      fc.nat(),
      (counts, places, seed) => {
        const names = counts.flatMap((count, label) => numbers(label * 100, label * 100 + count));
        const all = examplesOf(names, (name) => Math.trunc(name / 100));
        const kept = remember(noExamples, all, room(places, seed));
        assert.is(kept.labels.length, Math.min(places, names.length));
        assert.is(kept.samples.length, kept.labels.length * size);
        const own = counts.map((_, label) => kept.labels.filter((each) => each === label).length);
        // A class has fewer than another only if it has no more, or by what the two purposes round.
        for (const [a, count] of counts.entries()) {
          for (const b of counts.keys()) {
            assert.ok(
              own[a]! >= Math.min(count, own[b]! * (3 / 4) - 3),
              `${own.join()} of ${counts.join()}`,
            );
          }
        }
      },
    ),
    { seed: 4 },
  );
});

test('lesson by lesson or all at once, the same are kept', () => {
  const all = examplesOf(numbers(0, 300), (name) => name % 3);
  const atOnce = remember(noExamples, all, room(60, 9));
  let byAndBy = noExamples;
  for (let from = 0; from < 300; from += 50) {
    byAndBy = remember(
      byAndBy,
      examplesOf(numbers(from, from + 50), (name) => name % 3),
      room(60, 9),
    );
  }
  assert.equal(sorted(byAndBy), sorted(atOnce));
});

test('every example is as likely to be kept, early or late', () => {
  const counts = Array.from({ length: 40 }, () => 0);
  for (let seed = 0; seed < 2000; seed++) {
    let kept = noExamples;
    for (const from of [0, 20]) {
      const odd = numbers(from, from + 20).map((i) => 4 * i + 1); // none is held back
      kept = remember(
        kept,
        examplesOf(odd, () => 0),
        room(10, seed * 7919),
      );
    }
    for (const name of namesOf(kept)) counts[(name - 1) / 4]!++;
  }
  // Binomial of 2000 with p = 1/4: mean 500, deviation 19; five of those either way.
  for (const count of counts) assert.ok(Math.abs(count - 500) < 97, counts.join());
});

test('an example given again is kept once, as it was given last', () => {
  const old = examplesOf([1, 2, 3], () => 0);
  const again = { ...examplesOf([2, 2], () => 0), labels: [1, 1], held: [1, 1] };
  const kept = remember(old, again, room(10));
  assert.equal(sorted(kept), [1, 2, 3]);
  const i = namesOf(kept).indexOf(2);
  assert.equal([kept.labels[i], kept.held[i]], [1, 1]);
  assert.equal(namesOf(withoutThese(old, again, size)), [1, 3]);
});

test('without a class, its examples are gone and later classes count one less', () => {
  const all = examplesOf(numbers(0, 12), (name) => name % 4);
  const rest = withoutClass(all, 1, size);
  assert.equal(namesOf(rest), [0, 2, 3, 4, 6, 7, 8, 10, 11]);
  assert.equal(rest.labels, [0, 1, 2, 0, 1, 2, 0, 1, 2]);
});

test.run();
