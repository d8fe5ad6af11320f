import * as fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { assertClose } from '#test-support';

import { solveCholesky } from './cholesky.ts';

const test = suite('exporters/feedback/cholesky');

test('a system with a known answer', () => {
  const b = Float64Array.of(8, 22);
  solveCholesky(Float64Array.of(4, 2, 2, 10), b, { size: 2 });
  assertClose(b, [1, 2], 1e-15);
});

const systems = fc.integer({ min: 1, max: 8 }).chain((size) =>
  fc.record({
    size: fc.constant(size),
    pad: fc.nat(3),
    root: fc.array(fc.integer({ min: -9, max: 9 }), {
      minLength: size * size,
      maxLength: size * size,
    }),
    x: fc.array(fc.integer({ min: -9, max: 9 }), { minLength: size, maxLength: size }),
  }),
);

test('x is found again from A x, for A = M M^T + I and any padding of its rows', () => {
  fc.assert(
    fc.property(systems, ({ size, pad, root, x }) => {
      const stride = size + pad;
      const a = new Float64Array(size * stride).fill(Number.NaN);
      const b = new Float64Array(size);
      for (let i = 0; i < size; i++) {
        for (let j = 0; j < size; j++) {
          let sum = i === j ? 1 : 0;
          for (let k = 0; k < size; k++) sum += root[i * size + k]! * root[j * size + k]!;
          a[i * stride + j] = sum;
          b[i]! += sum * x[j]!;
        }
      }
      solveCholesky(a, b, { size, stride });
      assertClose(b, x, 1e-8);
    }),
    { seed: 1 },
  );
});

test('a matrix that is not positive definite is refused', () => {
  const solve = () => solveCholesky(Float64Array.of(1, 2, 2, 1), new Float64Array(2), { size: 2 });
  assert.throws(solve, /expected a positive definite matrix, got -3 at 1/);
});

test.run();
