import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { randomStream } from '#test-support';

import { keptShare } from './decay-sums.ts';
import { decayTable, entryOf, quantizeHidden, sigmaTable, tanhAt } from './gate-tables.ts';

const test = suite('runtime/kernels/recurrent/gate-tables');

/** How far the number that an entry was rounded from is from the middle of two integers. */
function fromHalf(exact: number): number {
  return Math.abs(exact - Math.floor(exact) - 0.5);
}

test('no entry depends on the last bits of exp and log', () => {
  for (let i = 0; i < 4096; i++) {
    const e = Math.exp(-(i - 2048) / 256);
    // Both are good to 2^-50 of values below 2^17.
    if (i !== 2048) assert.ok(fromHalf(65_536 / (1 + e)) > 1e-7, `sigma ${i}`);
    assert.ok(fromHalf(4096 * Math.log1p(e)) > 1e-7, `decay ${i}`);
  }
});

test('tables hold a sigmoid, and the logarithm of one', () => {
  assert.is(sigmaTable[2048], 0.5);
  assert.is(sigmaTable[2048 + 256], Math.round(65_536 / (1 + Math.exp(-1))) / 65_536);
  assert.is(decayTable[2048], Math.round(4096 * Math.LN2));
  for (let i = 1; i < 4096; i++) {
    assert.ok(sigmaTable[i]! >= sigmaTable[i - 1]! && decayTable[i]! <= decayTable[i - 1]!);
    assert.is(Math.fround(sigmaTable[i]!), sigmaTable[i]!);
  }
});

test('entries round half to even and stay inside', () => {
  assert.equal([0.5, 1.5, -0.5, -1.5].map(entryOf), [2048, 2050, 2048, 2046]);
  assert.equal([2047.6, 1e30, -2048.6, -1e30].map(entryOf), [4095, 4095, 0, 0]);
});

test('tanh is odd, in float32, and within half a step of the real one', () => {
  for (let x = -4; x <= 4; x += 0.01) {
    const y = tanhAt(entryOf(512 * x));
    assert.is(Math.fround(y), y);
    assert.ok(Math.abs(y - Math.tanh(x)) <= 1 / 1024 + 2 ** -15, `${x}`);
  }
  assert.is(tanhAt(entryOf(512)), -tanhAt(entryOf(-512)));
});

test('hidden states fill 8 bits', () => {
  assert.equal([-1, -1.1, 0, 0.5, 1].map(quantizeHidden), [0, 0, 128, 192, 255]);
});

test('what is left of a gradient is the product of the gates between, however long the sequence', () => {
  const random = randomStream(1);
  for (const steps of [0, 1, 10, 100]) {
    const before = 1e9; // after a hundred thousand steps
    let [sum, product] = [before, 1];
    for (let t = 0; t < steps; t++) {
      const entry = 2048 + Math.floor(2048 * random());
      sum += decayTable[entry]!;
      product *= sigmaTable[entry]!;
    }
    // The float32 difference is exact; expTable has steps of 1/256.
    assert.ok(Math.abs(keptShare(sum, before) - product) <= product / 256 + 2 ** -16);
  }
  assert.is(keptShare(7, 7), 1);
  assert.is(keptShare(2 ** 30, 0), 0);
});

test.run();
