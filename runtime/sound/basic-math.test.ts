import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { assertClose } from '#test-support';

import { circle, log10, root } from './basic-math.ts';

const test = suite('runtime/sound/basic-math');

// A few units of the last place of numbers near 1.
const rounding = 2e-15;

test('log10 agrees with the platform’s', () => {
  const xs = [1e-300, 1e-20, 1e-6, 0.1, 0.5, 0.7, 0.9999999, 1, 1.0000001, 1.5, 2, 3, 1e10];
  const relative = xs.map((x) => (x === 1 ? log10(x) : log10(x) / Math.log10(x) - 1));
  assertClose(relative, new Float64Array(xs.length), rounding);
});

test('a root to the power of its degree gives the number back', () => {
  for (const n of [1, 2, 3, 21, 65]) {
    for (const x of [1, 1.001, 6, 6.7142857, 1000]) {
      assertClose([root(x, n) ** n / x], [1], n * rounding);
    }
  }
});

test('points on the circle agree with the platform’s cos and sin', () => {
  for (const size of [4, 8, 256, 4096]) {
    const { cos, sin } = circle(size);
    const angles = Array.from({ length: size }, (_, k) => (2 * Math.PI * k) / size);
    assertClose(cos, angles.map(Math.cos), rounding);
    assertClose(sin, angles.map(Math.sin), rounding);
  }
  assert.is(circle(256).cos[64], 0);
});

test.run();
