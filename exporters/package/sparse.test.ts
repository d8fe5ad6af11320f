import { createHash } from 'node:crypto';

import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { decodePackage } from '#runtime';
import type { PackageContent } from '#runtime';

import { smallContent } from '../../test/support/small-content.ts';
import { encodePackage } from './encode.ts';
import { encodeSparse } from './sparse.ts';

const test = suite('exporters/package/sparse');

async function sha256(bytes: Uint8Array): Promise<Uint8Array> {
  return createHash('sha256').update(bytes).digest();
}

/** A package of one pointwise convolution to `side` channels and a feedback of `side` x `side` values. */
function contentWith(matrix: Int8Array, side: number): PackageContent {
  const small = smallContent();
  const [conv, , head] = small.model.graph.nodes;
  const point = { kernel: [1, 1], stride: [1, 1], dilation: [1, 1], pads: [0, 0, 0, 0] } as const;
  const attributes = { window: point, outputChannels: side, groups: 1, clamp: null };
  const layer = (rows: number, count: number) => ({
    weights: new Int8Array(count),
    bias: new Int32Array(rows),
    weightScales: new Float32Array(rows).fill(1),
  });
  return {
    ...small,
    model: {
      ...small.model,
      graph: {
        inputShape: [1, 1, 1],
        nodes: [
          { ...conv!, operator: 'conv', attributes, inputs: [0] },
          {
            ...head!,
            operator: 'dense',
            attributes: { outputChannels: 3, clamp: null },
            inputs: [1],
          },
        ],
      },
      quantization: [{ scale: 1, zeroPoint: 0 }, { scale: 1, zeroPoint: 0 }, null],
      layers: new Map([
        [0, layer(side, side)],
        [1, layer(3, 3 * side)],
      ]),
      lookups: new Map(),
    },
    modules: [
      { name: 'conv', from: 0, to: 1 },
      { name: 'head', from: 1, to: 2 },
    ],
    feedback: [
      { ...small.feedback[0]!, grid: [1, 1], matrix, scales: new Float32Array(side).fill(1) },
    ],
  };
}

/** `values` at the start of the smallest square they fit in, written to a package and read back. */
async function readBack(values: Int8Array): Promise<Int8Array> {
  const side = Math.ceil(Math.sqrt(values.length));
  const matrix = new Int8Array(side * side);
  matrix.set(values);
  const file = await encodePackage(contentWith(matrix, side), sha256);
  const { feedback } = await decodePackage(file, sha256);
  assert.equal(feedback[0]!.matrix.subarray(values.length), matrix.subarray(values.length));
  return feedback[0]!.matrix.slice(0, values.length);
}

function everyNth(length: number, n: number): Int8Array {
  return Int8Array.from({ length }, (_, i) => (i % n === 0 ? -127 + (i % 100) : 0));
}

test('values come back, whatever share of them is zero', async () => {
  const value = fc.oneof(
    { weight: 3, arbitrary: fc.constant(0) },
    fc.integer({ min: -127, max: 127 }),
  );
  const values = fc.array(value, { minLength: 1 }).chain((dense) =>
    fc.integer({ min: 0, max: 300 }).map((gap) => {
      const sparse = new Int8Array(dense.length * (gap + 1) + gap);
      dense.forEach((each, index) => (sparse[index * (gap + 1) + gap] = each));
      return sparse;
    }),
  );
  await fc.assert(
    fc.asyncProperty(values, async (sparse) => {
      assert.equal(await readBack(sparse), sparse);
    }),
  );
});

test('gaps longer than a byte come back', async () => {
  for (const gap of [127, 128, 16_383, 16_384, 2_097_152]) {
    const values = new Int8Array(gap + 2);
    values[gap] = 7;
    assert.is(encodeSparse(values)[0], 2);
    assert.equal(await readBack(values), values);
  }
});

test('the form follows the density', () => {
  assert.is(encodeSparse(everyNth(10_000, 1))[0], 0);
  assert.is(encodeSparse(everyNth(10_000, 3))[0], 1);
  assert.is(encodeSparse(everyNth(10_000, 20))[0], 2);
  assert.is(encodeSparse(new Int8Array(10_000))[1].length, 0);
});

test('one value in ten takes about a fifth of the bytes', () => {
  const [, bytes] = encodeSparse(everyNth(10_000, 10));
  assert.is(bytes.length, 2000);
});

test.run();
