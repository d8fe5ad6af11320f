import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { assertClose, randomStream } from '#test-support';

import { sizeOf } from '../graph/shape.ts';
import type { Shape } from '../graph/shape.ts';
import type { Feedback } from '../learning/plan.ts';
import { feedbackGradient } from './feedback.ts';

const test = suite('runtime/kernels/feedback');

const pointwise: Feedback = {
  target: 1,
  source: 'tail',
  kernel: 1,
  dilation: 1,
  groups: 1,
  grid: [1, 2],
  matrix: Int8Array.of(1, 0, 2, -1, 0, 3),
  scales: Float32Array.of(1, 0.5, 2),
};

function gradientOf(
  feedback: Feedback,
  shapes: { source: Shape; target: Shape },
  source: ArrayLike<number>,
  batch = 1,
): Float32Array {
  const call = { feedback, name: 'x', sourceShape: shapes.source, targetShape: shapes.target };
  return feedbackGradient(call, Float32Array.from(source), batch);
}

test('a pointwise feedback mixes the channels of each cell', () => {
  // Errors 0..255 have scale 1: they are their own integers.
  const shapes = { source: [1, 2, 2], target: [1, 2, 3] } as const;
  assert.equal(
    [...gradientOf(pointwise, shapes, [255, 10, 20, 30])],
    [255, (510 - 10) / 2, 60, 20, (40 - 30) / 2, 180],
  );
});

test('cells are copied to the nearest positions of a larger value', () => {
  const one: Feedback = {
    ...pointwise,
    matrix: Int8Array.of(1),
    scales: Float32Array.of(1),
    grid: [2, 2],
  };
  const gradient = gradientOf(one, { source: [2, 2, 1], target: [3, 5, 1] }, [1, 2, 3, 255]);
  assert.equal([...gradient], [1, 1, 1, 2, 2, 1, 1, 1, 2, 2, 3, 3, 3, 255, 255]);
});

test('cells are left out where the value is smaller', () => {
  const one: Feedback = {
    ...pointwise,
    matrix: Int8Array.of(1),
    scales: Float32Array.of(1),
    grid: [1, 4],
  };
  const gradient = gradientOf(one, { source: [1, 4, 1], target: [1, 2, 1] }, [1, 2, 3, 255]);
  assert.equal([...gradient], [1, 3]);
});

test('feedback from the logits has a row for every cell and channel', () => {
  const logits: Feedback = {
    ...pointwise,
    source: 'logits',
    grid: [1, 2],
    matrix: Int8Array.of(1, 0, 0, 1, 1, 1, 2, 0),
    scales: Float32Array.of(1, 1, 1, 0.5),
  };
  const shapes = { source: [1, 1, 2], target: [1, 4, 2] } as const;
  const gradient = gradientOf(logits, shapes, [255, 7, 10, 20], 2);
  const [first, second] = [
    [255, 7],
    [262, 255],
  ];
  assert.equal([...gradient.subarray(0, 8)], [...first, ...first, ...second, ...second]);
  assert.equal([...gradient.subarray(8)], [10, 20, 10, 20, 30, 10, 30, 10]);
});

test('wide, dilated and grouped windows are those of a real convolution', () => {
  const [kernel, dilation, groups] = [3, 2, 2];
  const [source, target]: [Shape, Shape] = [
    [5, 4, 4],
    [5, 4, 6],
  ];
  const random = randomStream(1);
  const matrix = Int8Array.from({ length: 6 * 9 * 2 }, () => Math.round(random() * 254 - 127));
  const scales = Float32Array.from({ length: 6 }, () => random());
  const feedback: Feedback = {
    ...pointwise,
    kernel,
    dilation,
    groups,
    grid: [5, 4],
    matrix,
    scales,
  };
  const errors = Float32Array.from({ length: sizeOf(source) }, () => random() - 0.5);
  const expected: number[] = [];
  for (let y = 0; y < 5; y++) {
    for (let x = 0; x < 4; x++) {
      for (let row = 0; row < 6; row++) {
        let sum = 0;
        for (let k = 0; k < 9; k++) {
          const sy = y + (Math.floor(k / 3) - 1) * dilation;
          const sx = x + ((k % 3) - 1) * dilation;
          if (sy < 0 || sy >= 5 || sx < 0 || sx >= 4) continue;
          for (let d = 0; d < 2; d++) {
            const channel = Math.floor(row / 3) * 2 + d;
            sum += matrix[(row * 9 + k) * 2 + d]! * errors[(sy * 4 + sx) * 4 + channel]!;
          }
        }
        expected.push(sum * scales[row]!);
      }
    }
  }
  // 18 products of up to 127 with an error of at most half of 1/255, and a rounded zero point.
  assertClose(gradientOf(feedback, { source, target }, errors), expected, 18 * 127 * 0.004);
  const actual = gradientOf(feedback, { source, target }, errors);
  const gap = Math.hypot(...actual.map((value, i) => value - expected[i]!));
  assert.ok(gap < 0.01 * Math.hypot(...expected), `${gap}`);
});

test.run();
