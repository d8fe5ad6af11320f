import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { imprintedRow } from './imprint.ts';
import type { HeadRow } from './imprint.ts';

const test = suite('runtime/learning/imprint');

const row = (weights: readonly number[], bias = 0): HeadRow => ({
  weights: Float64Array.from(weights),
  bias,
});
const feature = (...values: number[]): Float64Array => Float64Array.from(values);

function logit({ weights, bias }: HeadRow, f: Float64Array): number {
  return weights.reduce((sum, w, i) => sum + w * f[i]!, bias);
}

/** Two classes along the first two axes; a third axis tells neither. */
const rows = [row([4, 0, 0]), row([0, 4, 0])];
const old = [feature(1, 0, 0.1), feature(0.9, 0.1, 0), feature(0, 1, 0.1), feature(0.1, 0.9, 0)];
const fresh = [feature(0.3, 0.2, 1), feature(0.2, 0.3, 1.1)];

test('with old examples, the new class is told from them and they from it', () => {
  const made = imprintedRow(rows, fresh, old);
  const best = (f: Float64Array): number => Math.max(...rows.map((each) => logit(each, f)));
  for (const f of fresh) assert.ok(logit(made, f) > best(f));
  for (const f of old) assert.ok(logit(made, f) < best(f));
});

test('the row is the minimum of its penalised likelihood: no small change lowers it', () => {
  const cost = (made: HeadRow): number => {
    const centre = feature(2, 2, 0);
    const penalty = made.weights.reduce((sum, w, i) => sum + (w - centre[i]!) ** 2, 0) * (0.05 / 2);
    const lossOf = (f: Float64Array, isNew: boolean): number => {
      const others = Math.log(rows.reduce((sum, each) => sum + Math.exp(logit(each, f)), 0));
      const margin = logit(made, f) - others;
      return Math.log(1 + Math.exp(isNew ? -margin : margin));
    };
    const mean = (all: readonly Float64Array[], isNew: boolean): number =>
      all.reduce((sum, f) => sum + lossOf(f, isNew), 0) / all.length;
    return penalty + 0.5 * mean(fresh, true) + 0.5 * mean(old, false);
  };
  const made = imprintedRow(rows, fresh, old);
  const least = cost(made);
  // The descent stops after 200 steps: within a thousandth of the least there is.
  for (const by of [0.2, -0.2]) {
    for (let i = 0; i < 3; i++) {
      const weights = made.weights.map((w, j) => (i === j ? w + by : w));
      assert.ok(cost({ ...made, weights }) > least - 1e-3, `weight ${i}`);
    }
    assert.ok(cost({ ...made, bias: made.bias + by }) > least - 1e-3);
  }
  assert.ok(least < cost(row([2, 2, 0])));
});

test('without old examples, it leads by 1.5 nats on average, in the direction of its examples', () => {
  const made = imprintedRow(rows, fresh, []);
  const leads = fresh.map((f) => logit(made, f) - Math.max(...rows.map((each) => logit(each, f))));
  assert.ok(Math.abs((leads[0]! + leads[1]!) / 2 - 1.5) < 1e-9);
  // w - w0 = 0.6 r m / |m|: parallel to the mean (0.25, 0.25, 1.05), of length 0.6 sqrt(8).
  const [a, b, c] = [made.weights[0]! - 2, made.weights[1]! - 2, made.weights[2]!];
  assert.ok(Math.abs(Math.hypot(a, b, c) - 0.6 * Math.sqrt(8)) < 1e-9);
  assert.ok(Math.abs(a - b) < 1e-9 && Math.abs(c / a - 4.2) < 1e-9);
});

test('it is finite for any features, equal and empty ones too', () => {
  const vectors = fc.array(
    fc.array(fc.double({ min: -1e3, max: 1e3, noNaN: true }), { minLength: 3, maxLength: 3 }),
    { minLength: 1, maxLength: 4 },
  );
  fc.assert(
    fc.property(vectors, fc.oneof(vectors, fc.constant<number[][]>([])), (news, olds) => {
      const asFeatures = (all: number[][]): Float64Array[] => all.map((f) => feature(...f));
      const { weights, bias } = imprintedRow(rows, asFeatures(news), asFeatures(olds));
      assert.ok(Number.isFinite(bias) && weights.every(Number.isFinite));
    }),
    { seed: 2 },
  );
  assert.ok(imprintedRow(rows, [feature(0, 0, 0)], []).weights.every(Number.isFinite));
});

test.run();
