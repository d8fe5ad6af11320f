import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { transposeData } from './transpose-data.ts';
import {
  batchSize,
  flatten,
  isSameView,
  reshape,
  squeeze,
  transpose,
  unsqueeze,
  viewOf,
} from './view.ts';

const test = suite('exporters/onnx/view');

const sizes = new Map([
  ['h', 4],
  ['w', 5],
  ['c', 3],
]);
const nchw = viewOf(['n', 'c', 'h', 'w'], sizes);

test('parts of size 1 become empty axes', () => {
  assert.equal(
    viewOf(
      ['n', 'c', 'h'],
      new Map([
        ['h', 1],
        ['c', 2],
      ]),
    ),
    [['n'], ['c'], []],
  );
});

test('Transpose and its inverse are nothing', () => {
  const there = transpose(nchw, [0, 2, 3, 1])!;
  assert.equal(there, [['n'], ['h'], ['w'], ['c']]);
  assert.ok(isSameView(transpose(there, [0, 3, 1, 2])!, nchw));
  assert.is(transpose(nchw, [0, 1, 1, 2]), null);
  assert.is(transpose(nchw, [0, 1]), null);
});

test('Unsqueeze and Squeeze undo each other', () => {
  const more = unsqueeze(nchw, [1, -1])!;
  assert.equal(more, [['n'], [], ['c'], ['h'], ['w'], []]);
  assert.ok(isSameView(squeeze(more, [1, 5])!, nchw));
  assert.ok(isSameView(squeeze(more, null)!, nchw));
  assert.is(squeeze(nchw, [1]), null);
  assert.is(unsqueeze(nchw, [9]), null);
});

test('Flatten keeps the batch alone', () => {
  assert.equal(flatten(nchw, 1), [['n'], ['c', 'h', 'w']]);
  assert.is(flatten(nchw, 2), null);
  assert.is(flatten(nchw, 0), null);
});

test('Reshape joins whole parts', () => {
  const shaped = (target: readonly bigint[], batch: number | null = null) =>
    reshape(nchw, target, sizes, { batch });
  assert.equal(shaped([0n, 3n, -1n]), [['n'], ['c'], ['h', 'w']]);
  assert.equal(shaped([-1n, 60n]), [['n'], ['c', 'h', 'w']]);
  assert.equal(shaped([batchSize, 12n, 5n, 1n]), [['n'], ['c', 'h'], ['w'], []]);
  assert.equal(shaped([1n, -1n]), [['n'], ['c', 'h', 'w']]);
  assert.equal(shaped([8n, -1n], 8), [['n'], ['c', 'h', 'w']]);
  assert.is(shaped([8n, -1n]), null);
  assert.is(shaped([0n, 2n, -1n]), null);
  assert.is(shaped([0n, 60n, 2n]), null);
  assert.is(shaped([-1n, -1n]), null);
  assert.is(shaped([]), null);
});

test('moving data by an order and back is nothing', () => {
  const orders = fc
    .array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 4 })
    .chain((dimensions) =>
      fc.tuple(
        fc.constant(dimensions),
        fc.shuffledSubarray([...dimensions.keys()], { minLength: dimensions.length }),
      ),
    );
  fc.assert(
    fc.property(orders, ([dimensions, order]) => {
      const data = Float32Array.from(
        { length: dimensions.reduce((a, b) => a * b, 1) },
        (_, i) => i,
      );
      const moved = transposeData(data, dimensions, order);
      const inverse = order.map((_, axis) => order.indexOf(axis));
      assert.equal(
        transposeData(
          moved,
          order.map((axis) => dimensions[axis]!),
          inverse,
        ),
        data,
      );
    }),
  );
  assert.equal(
    transposeData(Float32Array.of(1, 2, 3, 4, 5, 6), [2, 3], [1, 0]),
    Float32Array.of(1, 4, 2, 5, 3, 6),
  );
});

test('Reshape finds the batch behind other axes', () => {
  const view = [['h'], ['n'], ['w'], ['c']];
  const options = { batch: 2 };
  const joined = [['h'], ['n'], ['w', 'c']];
  assert.equal(reshape(view, [0n, 0n, -1n], sizes, options), joined);
  assert.equal(reshape(view, [4n, 2n, 15n], sizes, options), joined);
  assert.equal(reshape(view, [4n, -1n, 15n], sizes, options), joined);
  assert.equal(reshape(view, [4n, batchSize, 5n, 3n], sizes, options), view);
  assert.is(reshape(view, [-1n, 15n], sizes, options), null);
  assert.is(reshape(view, [4n, -1n, -1n], sizes, options), null);
});

test.run();
