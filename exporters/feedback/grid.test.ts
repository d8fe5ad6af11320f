import * as fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import type { Shape } from '#runtime';

import { copyToPositions, sumToCells } from './grid.ts';

const test = suite('exporters/feedback/grid');

test('each position takes the cell at floor(y gridHeight / height), floor(x gridWidth / width)', () => {
  const cells = Float32Array.of(1, 2, 3, 4);
  const copied = copyToPositions(cells, [2, 2], [3, 5, 1]);
  assert.equal([...copied], [1, 1, 1, 2, 2, 1, 1, 1, 2, 2, 3, 3, 3, 4, 4]);
});

test('channels and samples stay apart', () => {
  const cells = Float32Array.of(1, 2, 3, 4);
  assert.equal([...copyToPositions(cells, [1, 1], [1, 2, 2])], [1, 2, 1, 2, 3, 4, 3, 4]);
});

const cases = fc.record({
  grid: fc.tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 4 })),
  shape: fc.tuple(
    fc.integer({ min: 1, max: 6 }),
    fc.integer({ min: 1, max: 6 }),
    fc.integer({ min: 1, max: 3 }),
  ),
  batch: fc.integer({ min: 1, max: 3 }),
});

test('sums to cells are the transpose of copies to positions', () => {
  fc.assert(
    fc.property(
      cases,
      ({ grid, shape, batch }: { grid: [number, number]; shape: Shape; batch: number }) => {
        const cells = new Float32Array(batch * grid[0] * grid[1] * shape[2]).map(
          (_, i) => (i * 7) % 11,
        );
        const values = new Float32Array(batch * shape[0] * shape[1] * shape[2]).map(
          (_, i) => (i * 5) % 13,
        );
        const copied = copyToPositions(cells, grid, shape);
        const summed = sumToCells(values, grid, shape);
        const dot = (a: Float32Array, b: Float32Array) =>
          a.reduce((sum, x, i) => sum + x * b[i]!, 0);
        assert.is(dot(copied, values), dot(cells, summed));
      },
    ),
    { seed: 2 },
  );
});

test.run();
