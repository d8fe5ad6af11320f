import * as fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import type { FeedbackForm } from './form.ts';
import { int8Feedback, sparsify } from './int8-feedback.ts';

const test = suite('exporters/feedback/int8-feedback');

const form: FeedbackForm = {
  target: 1,
  source: 'tail',
  kernel: 1,
  dilation: 1,
  groups: 1,
  grid: [1, 1],
};
const entry = fc.double({ min: -1e6, max: 1e6, noNaN: true });
const matrices = fc
  .tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 9 }))
  .chain(([rows, length]) =>
    fc.record({
      rows: fc.constant(rows),
      length: fc.constant(length),
      matrix: fc
        .array(entry, { minLength: rows * length, maxLength: rows * length })
        .map((m) => Float64Array.from(m)),
      density: fc.double({ min: 0.01, max: 1, noNaN: true }),
    }),
  );

test('sparsify keeps the share of each row that was asked for, and the largest of it', () => {
  fc.assert(
    fc.property(matrices, ({ rows, length, matrix, density }) => {
      const sparse = matrix.slice();
      sparsify(sparse, length, density);
      const keep = Math.max(1, Math.round(density * length));
      for (let row = 0; row < rows; row++) {
        const before = [...matrix.subarray(row * length, (row + 1) * length)];
        const after = [...sparse.subarray(row * length, (row + 1) * length)];
        const kept = after.filter((x, i) => x !== 0 && x === before[i]);
        assert.is(after.filter((x) => x !== 0).length, kept.length);
        const largest = before
          .map(Math.abs)
          .toSorted((a, b) => b - a)
          .slice(0, keep)
          .filter((x) => x > 0);
        assert.equal(
          kept.map(Math.abs).toSorted((a, b) => b - a),
          largest,
        );
      }
    }),
    { seed: 4 },
  );
});

test('int8 entries are within half a step of the real ones, and zeros stay zero', () => {
  fc.assert(
    fc.property(matrices, ({ rows, length, matrix }) => {
      const { matrix: rounded, scales } = int8Feedback(form, matrix, rows);
      for (const [i, b] of matrix.entries()) {
        const scale = scales[Math.floor(i / length)]!;
        assert.ok(scale > 0 && Number.isFinite(scale));
        assert.ok(Math.abs(rounded[i]! * scale - b) <= scale * 0.50001);
        if (b === 0) assert.is(rounded[i], 0);
        assert.ok(rounded[i]! >= -127);
      }
    }),
    { seed: 6 },
  );
});

test('the largest entry of each row uses the whole range', () => {
  const { matrix, scales } = int8Feedback(form, Float64Array.of(1, -4, 0, 0, 1.1e-3, 2e-3), 3);
  assert.equal([...matrix], [32, -127, 0, 0, 70, 127]);
  assert.equal([...scales], [4 / 127, 1, 2e-3 / 127].map(Math.fround));
});

test.run();
