import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { EngineError } from '../errors.ts';
import { quantizeError } from './quantize-error.ts';

const test = suite('runtime/kernels/quantize-error');

test('the range always holds zero, which is exact', () => {
  const { values, scale, zeroPoint } = quantizeError(Float32Array.of(1, 2, 2.55), 'x');
  assert.is(zeroPoint, 0);
  assert.is(scale, Math.fround(Math.fround(2.55) / 255));
  assert.equal([...values], [100, 200, 255]);
});

test('a range around zero gets a zero point inside', () => {
  const { values, scale, zeroPoint } = quantizeError(Float32Array.of(-1, 0, 1.55), 'x');
  assert.is(scale, Math.fround(Math.fround(Math.fround(1.55) + 1) / 255));
  assert.is(zeroPoint, 100);
  assert.equal([...values], [0, 100, 255]);
});

test('a gradient of zeros has scale 1', () => {
  assert.equal(quantizeError(new Float32Array(3), 'x'), {
    values: new Uint8Array(3),
    scale: 1,
    zeroPoint: 0,
  });
});

test('values lie within half a quantum and a rounded zero point of the gradient', () => {
  const gradients = fc.float32Array({ noNaN: true, noDefaultInfinity: true, min: -1e6, max: 1e6 });
  fc.assert(
    fc.property(gradients, (gradient) => {
      const { values, scale, zeroPoint } = quantizeError(gradient, 'x');
      values.forEach((value, i) => {
        const gap = Math.abs((value - zeroPoint) * scale - gradient[i]!);
        assert.ok(gap <= scale * 1.001, `${gap} of ${scale}`);
      });
    }),
  );
});

for (const bad of [Number.NaN, Infinity, -Infinity]) {
  test(`${bad} is refused, with the layer's name`, () => {
    assert.throws(
      () => quantizeError(Float32Array.of(1, bad, 2), 'conv7'),
      (error: unknown) => error instanceof EngineError && error.message.startsWith('conv7: '),
    );
  });
}

test('a range too wide for float32 is refused', () => {
  assert.throws(() => quantizeError(Float32Array.of(-3e38, 3e38), 'conv7'), /conv7: .* finite/);
});

test.run();
