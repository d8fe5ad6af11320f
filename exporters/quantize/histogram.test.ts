import * as fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { histogram } from './histogram.ts';

const test = suite('exporters/quantize/histogram');

const numbers = fc.array(fc.float({ noNaN: true, noDefaultInfinity: true }), { minLength: 1 });

test('a quantile is within a thousandth of the largest number of the true one', () => {
  fc.assert(
    fc.property(numbers, numbers, fc.double({ min: 0, max: 1, noNaN: true }), (a, b, fraction) => {
      const seen = histogram();
      seen.add(a);
      seen.add(b);
      const sorted = [...a, ...b].toSorted((x, y) => x - y);
      const largest = Math.max(...sorted.map(Math.abs));
      const rank = Math.min(
        sorted.length - 1,
        Math.max(0, Math.ceil(fraction * sorted.length) - 1),
      );
      assert.ok(Math.abs(seen.quantile(fraction) - sorted[rank]!) <= largest / 1000 + 2 ** -50);
      assert.equal(seen.range(), { minimum: sorted[0], maximum: sorted.at(-1) });
    }),
    { seed: 5 },
  );
});

test('the order of the numbers does not matter, however the reach grew', () => {
  const ascending = histogram();
  const descending = histogram();
  const numbersSeen = Array.from({ length: 1000 }, (_, i) => 1.03 ** (i - 500));
  for (const number of numbersSeen) ascending.add([number, -number / 2]);
  for (const number of numbersSeen.toReversed()) descending.add([-number / 2, number]);
  for (const fraction of [0, 0.001, 0.3, 0.5, 0.999, 1]) {
    assert.is(ascending.quantile(fraction), descending.quantile(fraction));
  }
});

test('nothing and zeros have quantiles of 0', () => {
  assert.is(histogram().quantile(0.5), 0);
  assert.equal(histogram().range(), { minimum: 0, maximum: 0 });
  const zeros = histogram();
  zeros.add(new Float32Array(10));
  assert.is(zeros.quantile(0.9995), 0);
});

test('a number that is not finite is refused', () => {
  assert.throws(() => histogram().add([1, Infinity]), /expected finite numbers, got Infinity/);
  assert.throws(() => histogram().add([Number.NaN]), /got NaN/);
});

test.run();
