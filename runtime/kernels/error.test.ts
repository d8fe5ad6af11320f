import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { assertClose, randomStream } from '#test-support';

import { softmaxError } from './error.ts';
import { expTable } from './exp-table.ts';

const test = suite('runtime/kernels/error');

test('no entry of the table depends on the last bits of exp', () => {
  for (let t = 0; t < 4096; t++) {
    const exact = 65_536 * Math.exp(-t / 256);
    const fromHalf = Math.abs(exact - Math.floor(exact) - 0.5);
    // exp is good to 2^-52 of its value, here below 2^-36.
    assert.ok(fromHalf > 1e-7, `entry ${t} is ${fromHalf} from a half`);
  }
  assert.is(expTable[0], 65_536);
  assert.is(expTable[4095], 0);
});

test('equal logits share the probability', () => {
  const error = softmaxError(Float32Array.of(3, 3, 3, 3), Float32Array.of(1, 0, 0, 0), 4);
  assert.equal([...error], [-0.75, 0.25, 0.25, 0.25]);
});

test('a sure prediction has an error of exactly zero', () => {
  const error = softmaxError(Float32Array.of(100, 0, -1e30), Float32Array.of(1, 0, 0), 3);
  assert.equal([...error], [0, 0, 0]);
});

test('it is softmax minus target to within the table', () => {
  const random = randomStream(3);
  const [n, classes] = [20, 7];
  const logits = Float32Array.from({ length: n * classes }, () => (random() - 0.5) * 12);
  const targets = new Float32Array(n * classes);
  const expected: number[] = [];
  for (let i = 0; i < n; i++) {
    targets[i * classes + (i % classes)] = 1;
    const powers = Array.from(logits.subarray(i * classes, (i + 1) * classes), Math.exp);
    const sum = powers.reduce((a, b) => a + b);
    expected.push(...powers.map((power, c) => power / sum - targets[i * classes + c]!));
  }
  // Logits are rounded to 1/256, which moves a probability by at most 1/4 of that, twice.
  assertClose(softmaxError(logits, targets, classes), expected, 1 / 512);
});

test('a position without a target is not judged', () => {
  const logits = Float32Array.of(1, 2, 0, 0, 2, 1);
  const error = softmaxError(logits, Float32Array.of(0, 0, 1, 0, 0, 0), 2);
  assert.equal([...error], [0, 0, -0.5, 0.5, 0, 0]);
});

test('non-numbers stay visible', () => {
  assert.ok(
    Number.isNaN(softmaxError(Float32Array.of(0, 1), Float32Array.of(Number.NaN, 1), 2)[0]),
  );
});

test.run();
