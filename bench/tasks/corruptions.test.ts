import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { corrupted, corruptionNames } from './corruptions.ts';
import type { CorruptionName, Image } from './corruptions.ts';

const test = suite('bench/tasks/corruptions');

const [height, width] = [32, 32];
/** A slope from left to right, with a bright square in it. */
const image: Image = {
  height,
  width,
  data: Uint8Array.from({ length: height * width * 3 }, (_, index) => {
    const [x, y] = [Math.floor(index / 3) % width, Math.floor(index / 3 / width)];
    return x > 8 && x < 20 && y > 8 && y < 20 ? 230 : 40 + 3 * x;
  }),
};

/** mulberry32 at a counter. */
function uniform(counter: number): number {
  let hash = Math.imul(counter ^ (counter >>> 15), counter | 1) + 0x6d2b79f5;
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  return ((hash ^ (hash >>> 14)) >>> 0) / 2 ** 32;
}

function seen(name: CorruptionName, severity: number): Uint8Array {
  return corrupted(image, name, severity, uniform);
}

function meanOf(values: ArrayLike<number>): number {
  return Array.from(values).reduce((sum, value) => sum + value, 0) / values.length;
}

function deviationOf(values: ArrayLike<number>): number {
  const mean = meanOf(values);
  return Math.sqrt(meanOf(Array.from(values, (value) => (value - mean) ** 2)));
}

function distance(a: Uint8Array, b: Uint8Array): number {
  return Math.sqrt(meanOf(Array.from(a, (value, index) => (value - b[index]!) ** 2)));
}

for (const name of corruptionNames) {
  test(`${name} keeps the size, is repeatable, and grows with severity`, () => {
    const [weak, strong] = [seen(name, 1), seen(name, 5)];
    assert.is(weak.length, image.data.length);
    assert.equal(seen(name, 5), strong);
    assert.ok(distance(image.data, strong) > distance(image.data, weak));
    assert.ok(Math.abs(meanOf(strong) - meanOf(image.data)) < 4, 'brightness stays about the same');
  });
}

test('noise has the deviation it says', () => {
  const grey: Image = { height, width, data: new Uint8Array(height * width * 3).fill(128) };
  const noisy = corrupted(grey, 'noise', 3, uniform);
  assert.ok(Math.abs(deviationOf(noisy) - 20) < 1.5, `deviation ${deviationOf(noisy)}`);
});

test('contrast shrinks every distance from the mean by its factor', () => {
  const ratio = deviationOf(seen('contrast', 3)) / deviationOf(image.data);
  assert.ok(Math.abs(ratio - 0.3) < 0.01, `ratio ${ratio}`);
});

test('blur leaves a constant image as it is', () => {
  const grey: Image = { height, width, data: new Uint8Array(height * width * 3).fill(77) };
  assert.equal(corrupted(grey, 'blur', 5, uniform), grey.data);
});

test('a severity that is not there is an error', () => {
  assert.throws(() => seen('blur', 6), /expected severity 1 to 5, got 6/);
});

test.run();
