import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import type { Graph, Node } from '#runtime';

import { fromImported } from './from-imported.ts';

const test = suite('exporters/quantize/from-imported');

const window = { kernel: [2, 2], stride: [2, 2], dilation: [1, 1], pads: [0, 0, 0, 0] } as const;
const nodes: Node[] = [
  {
    name: 'f',
    operator: 'lookup',
    inputs: [0],
    attributes: { activation: 'tanh', parameters: [] },
  },
  { name: 'pool', operator: 'maxPool', inputs: [1], attributes: { window } },
  { name: 'head', operator: 'dense', inputs: [2], attributes: { outputChannels: 2, clamp: null } },
];
const graph: Graph = { inputShape: [2, 2, 1], nodes };
const values = [
  { scale: 0.1, zeroPoint: 128 },
  { scale: 0.01, zeroPoint: 128 },
  { scale: 0.02, zeroPoint: 100 },
  { scale: 0.5, zeroPoint: 3 },
];
const layer = {
  weights: Int8Array.of(-128, 5),
  bias: Int32Array.of(1000, -7),
  weightScales: Float32Array.of(0.5, 0.25),
};
const layers = new Map([[2, layer]]);

test('scales are kept, logits and the output of a maxPool apart', () => {
  const { quantization, weightLimit } = fromImported(
    { graph, parameters: new Map() },
    { values, layers },
  );
  assert.is(weightLimit, 127);
  assert.equal(quantization, [
    { scale: Math.fround(0.1), zeroPoint: 128 },
    { scale: Math.fround(0.01), zeroPoint: 128 },
    { scale: Math.fround(0.01), zeroPoint: 128 },
    null,
  ]);
});

test('weights are kept but for -128, and a bias follows its input when that changed scale', () => {
  const notes: string[] = [];
  const model = fromImported(
    { graph, parameters: new Map() },
    { values, layers },
    { onNote: (note) => notes.push(note) },
  );
  assert.equal([...model.layers.get(2)!.weights], [-127, 5]);
  assert.equal([...model.layers.get(2)!.bias], [2000, -14]);
  assert.equal(notes, ['head: weights of -128 became -127']);
});

test('arrays are shared where nothing changes', () => {
  const same = { ...layer, weights: Int8Array.of(-127, 5) };
  const alike = [values[0]!, values[1]!, values[1]!, null];
  const model = fromImported(
    { graph, parameters: new Map() },
    { values: alike, layers: new Map([[2, same]]) },
  );
  assert.is(model.layers.get(2)!.weights, same.weights);
  assert.is(model.layers.get(2)!.bias, same.bias);
});

test('lookups get tables at the imported scales', () => {
  const { table, slope } = fromImported(
    { graph, parameters: new Map() },
    { values, layers },
  ).lookups.get(0)!;
  assert.is(table[128], 128);
  assert.is(table[138], 128 + Math.round(Math.tanh(1) / 0.01));
  assert.ok(Math.abs(slope[138]! - (1 - Math.tanh(1) ** 2)) < 1e-6);
});

test('a value without a usable quantization is refused by name', () => {
  const replaced = (value: number, found: (typeof values)[0] | null) => () =>
    fromImported(
      { graph, parameters: new Map() },
      { values: values.with(value, found as (typeof values)[0]), layers },
    );
  assert.throws(replaced(0, null), /^input: expected a scale and a zero point, got none/);
  assert.throws(
    replaced(1, { scale: 0, zeroPoint: 3 }),
    /^f: expected a positive scale .* got 0 and 3/,
  );
  assert.throws(replaced(1, { scale: 1e-40, zeroPoint: 3 }), /^f: /);
  assert.throws(replaced(1, { scale: 1, zeroPoint: -1 }), /^f: /);
  assert.throws(replaced(1, { scale: 1, zeroPoint: 0.5 }), /^f: /);
});

test.run();
