import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { skipBecause } from '#test-support';

import {
  asIs,
  augmentation,
  calibrationSet,
  digitUser,
  renderView,
  reportingUsers,
  sourceFolder,
  tuningUsers,
  userShifts,
} from './digit-users.ts';
import type { LabelledImages, View } from './digit-users.ts';

const test = suite('bench/tasks/digit-users');
const onFashion =
  sourceFolder('fashion') === undefined
    ? skipBecause(test, "Debian's dataset-fashion-mnist is not installed")
    : test;

const small = { samples: 40, testSamples: 60, shift: 'hard' } as const;

function imagesAsText({ x, y }: LabelledImages): string[] {
  return Array.from(y, (_, index) => x.subarray(index * 784, (index + 1) * 784).join());
}

function mean(x: Float32Array): number {
  return x.reduce((sum, value) => sum + value, 0) / x.length;
}

test('the same user and seed give the same images and labels', () => {
  assert.equal(digitUser({ user: 3, ...small }), digitUser({ user: 3, ...small }));
});

test('no image is both learned from and tested on', () => {
  const { train, test: held } = digitUser({
    user: 0,
    samples: 256,
    testSamples: 800,
    shift: 'mild',
  });
  assert.is(train.y.length, 256);
  assert.is(held.y.length, 800);
  // The noise of an image depends on its row, so one row seen twice would be equal to the bit.
  assert.is(new Set([...imagesAsText(train), ...imagesAsText(held)]).size, 1056);
});

test('plain images are no others seen through the view', () => {
  const options = { user: 0, shift: 'mild', samples: 200, testSamples: 300 } as const;
  const plain = digitUser({ ...options, originalSamples: 500 }).original;
  assert.is(plain.y.length, 500);
  assert.is(new Set(imagesAsText(plain)).size, 500);
  // Ordinary digits are black or white nearly everywhere; the user's are grey and noisy.
  const grey = (x: Float32Array): number =>
    x.filter((value) => value > 0.05 && value < 0.95).length / x.length;
  assert.ok(grey(plain.x) < 0.2, `plain: ${grey(plain.x)}`);
  assert.equal(digitUser(options).original.y.length, 0);
  assert.equal(digitUser({ ...options, originalSamples: 500 }).train, digitUser(options).train);
});

test('the examples to learn from hold every class about equally often', () => {
  const { train } = digitUser({ user: 1, samples: 256, testSamples: 100, shift: 'mild' });
  const counts = Array.from({ length: 10 }, () => 0);
  for (const label of train.y) counts[label]!++;
  assert.ok(Math.min(...counts) >= 22 && Math.max(...counts) <= 26, `got ${counts.join()}`);
});

test('every pixel lies in 0..1', () => {
  for (const user of [...tuningUsers, ...reportingUsers]) {
    const { train } = digitUser({ user, samples: 20, testSamples: 0, shift: 'hard' });
    assert.ok(train.x.every((value) => value >= 0 && value <= 1));
  }
});

test('users differ in their view and in their images', () => {
  const users = [...tuningUsers, ...reportingUsers].map((user) => digitUser({ user, ...small }));
  assert.is(new Set(users.map(({ train }) => train.y.join())).size, users.length);
  assert.is(new Set(users.map(({ test: held }) => mean(held.x).toFixed(4))).size, users.length);
});

test('the seed changes the examples of a user', () => {
  const other = digitUser({ user: 0, seed: 2, ...small });
  assert.is.not(digitUser({ user: 0, ...small }).train.y.join(), other.train.y.join());
});

test('users to tune on and users to report are apart', () => {
  assert.not.ok(tuningUsers.some((user) => reportingUsers.includes(user)));
});

test('more samples than there are images beside the test images are refused', () => {
  const tooMany = { user: 0, samples: 5000, testSamples: 800, shift: 'hard' } as const;
  assert.throws(() => digitUser(tooMany), /expected at most 4600 samples/);
});

test('the augmentation for calibration contains every user', () => {
  for (const ranges of Object.values(userShifts)) {
    for (const name of Object.keys(ranges) as (keyof View)[]) {
      assert.ok(augmentation[name][0] <= ranges[name][0], `${name} is lower`);
      assert.ok(augmentation[name][1] >= ranges[name][1], `${name} is higher`);
    }
  }
});

test('calibration images are plain or augmented, and differ by seed', () => {
  const plain = calibrationSet({ samples: 30, augmented: false });
  const augmented = calibrationSet({ samples: 30 });
  assert.equal(plain.y, augmented.y);
  assert.is.not(plain.x.join(), augmented.x.join());
  assert.is.not(calibrationSet({ samples: 30, seed: 2 }).y.join(), plain.y.join());
  // Without a view, what is left is bytes over 255.
  assert.ok(plain.x.every((value) => Math.abs(value * 255 - Math.round(value * 255)) < 1e-4));
});

/** A bar two pixels wide, from the centre to the upper edge. */
function bar(): Uint8Array {
  return Uint8Array.from({ length: 784 }, (_, pixel) => {
    const [row, column] = [Math.floor(pixel / 28), pixel % 28];
    return row < 14 && (column === 13 || column === 14) ? 255 : 0;
  });
}

/** The centre of the ink, in pixels right of and below the middle of the image. */
function centreOfInk(x: Float32Array): { right: number; down: number } {
  const [total, middle] = [x.reduce((sum, value) => sum + value, 0), 13.5];
  const right = x.reduce((sum, value, pixel) => sum + value * ((pixel % 28) - middle), 0) / total;
  const rows = x.reduce((sum, value, pixel) => sum + value * Math.floor(pixel / 28), 0) / total;
  return { right, down: rows - middle };
}

test('a quarter turn to the right takes what was above to the right', () => {
  const turned = renderView(bar(), { ...asIs, rotationDegrees: 90 }, 1);
  const { right, down } = centreOfInk(turned);
  assert.ok(Math.abs(right - 7) < 0.01 && Math.abs(down) < 0.01, `got ${right}, ${down}`);
});

test('a stroke above 0 adds ink and below 0 takes it away', () => {
  const ink = (stroke: number) => mean(renderView(bar(), { ...asIs, stroke }, 1));
  assert.ok(ink(-1) < ink(-0.5) && ink(-0.5) < ink(0) && ink(0) < ink(0.5) && ink(0.5) < ink(1.5));
});

onFashion('fashion users hold their own images', () => {
  const fashion = digitUser({ user: 0, ...small, source: 'fashion' });
  assert.is.not(mean(fashion.train.x), mean(digitUser({ user: 0, ...small }).train.x));
});

test.run();
