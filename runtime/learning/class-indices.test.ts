import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { InputError } from '../errors.ts';
import { positionsOf } from './class-index.ts';
import type { Labels } from './class-index.ts';
import { classIndices } from './class-indices.ts';

const test = suite('runtime/learning/class-indices');

const names = ['no', 'yes', 'maybe'];
const one = { names, positions: 1, steps: 4 };
const every = { names, positions: 4, steps: 4 };

function refusal(labels: Labels, count: number, form: typeof one, padding?: number[]): string {
  try {
    classIndices(labels, count, form, padding);
  } catch (error) {
    assert.instance(error, InputError);
    return (error as Error).message;
  }
  return assert.unreachable('nothing was thrown') as never;
}

test('of one label a sample, names and indices are taken', () => {
  assert.equal(classIndices(['yes', 2, 'no'], 3, one), [1, 2, 0]);
  assert.match(refusal(['yes', 'perhaps'], 2, one), /^labels\[1\]: expected one of no, yes, maybe/);
  assert.match(refusal([null], 1, one), /^labels\[0\]: expected one of/);
  assert.match(refusal([-1], 1, one), /^labels\[0\]: expected a class from 0 to 2, got -1/);
  assert.match(refusal([0], 2, one), /one for each of 2 samples, got 1/);
});

test('of every step, labels come sample after sample or one array each; null is not judged', () => {
  const flat = ['no', 'no', 1, null, 2, 'yes', -1, 0];
  const expected = [0, 0, 1, -1, 2, 1, -1, 0];
  assert.equal(classIndices(flat, 2, every), expected);
  assert.equal(classIndices([flat.slice(0, 4), flat.slice(4)], 2, every), expected);
  assert.equal(classIndices(Uint8Array.of(0, 1, 2, 0), 1, every), [0, 1, 2, 0]);
});

test('the labels of a short sample are those of the last positions', () => {
  const expected = [-1, -1, -1, 1, 0, 1, 2, 0];
  assert.equal(classIndices([[1], [0, 1, 2, 0]], 2, every, [3, 0]), expected);
  assert.equal(classIndices([1, 0, 1, 2, 0], 2, every, [3, 0]), expected);
  // Half as many positions as steps: three steps have two of them, the second of which is whole.
  const halved = { names, positions: 2, steps: 4 };
  assert.equal(
    [0, 1, 2, 3].map((padding) => positionsOf(halved, padding)),
    [2, 2, 1, 1],
  );
  assert.equal(classIndices([[1], [0, 2]], 2, halved, [2, 1]), [-1, 1, 0, 2]);
});

test('too few labels, too many, or of no class are refused with their place', () => {
  assert.match(
    refusal([0, 1, 2], 1, every),
    /^labels: expected 4, one for each step of 1 samples, got 3/,
  );
  assert.match(
    refusal([[0, 1, 2]], 1, every),
    /^labels\[0\]: expected 4, one for each step, got 3/,
  );
  assert.match(refusal([[0, 1, 2, 0]], 1, every, [2]), /^labels\[0\]: expected 2/);
  assert.match(
    refusal([[0, 1, 2, 0]], 2, every),
    /^labels: expected one array for each of 2 samples, got 1/,
  );
  assert.match(
    refusal([0, 1, 2, 3], 1, every),
    /^labels\[3\]: expected a class from 0 to 2, got 3/,
  );
  assert.match(refusal([0, 1, 'oh', 3], 1, every), /^labels\[2\]: expected one of/);
});

test.run();
