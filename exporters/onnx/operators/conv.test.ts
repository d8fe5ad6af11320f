import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import {
  expectSameOutput,
  randomFloats,
} from '../../../test/support/import-against-onnx-runtime.ts';
import type { NodeOptions } from '../graph-builder.ts';
import { GraphBuilder } from '../graph-builder.ts';
import { importModel } from '../import-model.ts';

const test = suite('exporters/onnx/operators/conv');

interface ConvCase {
  readonly input?: readonly number[];
  readonly weights?: readonly number[];
  readonly attributes?: NonNullable<NodeOptions['attributes']>;
  readonly opset?: number;
}

function convModel({
  input = [3, 7, 6],
  weights = [4, 3, 3, 3],
  attributes = {},
  opset = 18,
}: ConvCase): Uint8Array {
  const g = new GraphBuilder({ opset });
  const x = g.input('x', 'float32', ['n', ...input]);
  const size = weights.reduce((a, b) => a * b, 1);
  const w = g.constant('w', randomFloats(2, size), weights);
  const b = g.constant('b', randomFloats(3, weights[0]!), [weights[0]!]);
  const y = g.node('Conv', [x, w, b], { attributes, output: 'y' });
  g.output(y, 'float32', ['n', weights[0]!, ...input.slice(1).map((_, i) => `s${i}`)]);
  return g.build();
}

const cases: Readonly<Record<string, ConvCase>> = {
  'no attributes': {},
  'pads on every side': { attributes: { pads: [1, 2, 0, 1] } },
  'stride and dilation': { attributes: { strides: [2, 1], dilations: [1, 2], pads: [1, 1, 1, 1] } },
  'auto_pad SAME_UPPER': { attributes: { auto_pad: 'SAME_UPPER', strides: [2, 2] } },
  'auto_pad SAME_LOWER': { attributes: { auto_pad: 'SAME_LOWER', strides: [2, 2] } },
  'auto_pad SAME_UPPER of an even kernel': {
    weights: [4, 3, 2, 4],
    attributes: { auto_pad: 'SAME_UPPER', kernel_shape: [2, 4] },
  },
  'auto_pad VALID': { attributes: { auto_pad: 'VALID' } },
  groups: { input: [6, 5, 5], weights: [4, 3, 3, 3], attributes: { group: 2 } },
  depthwise: {
    input: [4, 5, 5],
    weights: [8, 1, 3, 3],
    attributes: { group: 4, pads: [1, 1, 1, 1] },
  },
  'one channel': { input: [1, 8, 5], weights: [2, 1, 3, 3] },
  'one row': { input: [3, 1, 9], weights: [2, 3, 1, 4] },
  'one spatial axis': {
    input: [3, 9],
    weights: [4, 3, 4],
    attributes: { strides: [2], pads: [2, 1] },
  },
  'one spatial axis of one channel': {
    input: [1, 9],
    weights: [4, 1, 3],
    attributes: { dilations: [2] },
  },
  'operator set 7': { opset: 7, attributes: { pads: [1, 1, 1, 1] } },
  'operator set 21': { opset: 21 },
};

for (const [name, conv] of Object.entries(cases)) {
  test(`Conv with ${name}`, async () => {
    await expectSameOutput(convModel(conv), 1e-5);
  });
}

test('weights become [outputs, height, width, inputs]', () => {
  const g = new GraphBuilder();
  const x = g.input('x', 'float32', [1, 2, 1, 2]);
  const w = g.constant('w', Float32Array.of(1, 2, 3, 4), [1, 2, 1, 2]);
  g.output(g.node('Conv', [x, w]), 'float32', [1, 1, 1, 1]);
  const { weights, bias } = importModel(g.build()).parameters.get(0)!;
  assert.equal([...weights], [1, 3, 2, 4]);
  assert.equal([...bias], [0]);
});

test('a kernel that does not fit, or weights for other channels, are refused by name', () => {
  assert.throws(
    () => importModel(convModel({ input: [3, 2, 2] })),
    /^node "y" \(Conv\): expected an output of 1 to \d+ numbers, got 0x0x4/,
  );
  assert.throws(
    () => importModel(convModel({ input: [4, 7, 7] })),
    /^node "y" \(Conv\): expected weights for 4 channels, got 4 outputs of 3 inputs in 1 groups/,
  );
  assert.throws(
    () => importModel(convModel({ attributes: { strides: [0, 1] } })),
    /expected strides of at least 1, got 0/,
  );
  assert.throws(
    () => importModel(convModel({ attributes: { pads: [1, 1] } })),
    /expected 4 numbers below 2\^24 in pads, got \[1, 1\]/,
  );
});

test('Conv over three axes is refused', () => {
  assert.throws(
    () => importModel(convModel({ input: [3, 4, 4, 4], weights: [2, 3, 3, 3, 3] })),
    /expected .*\[batch, channels, height, width\]/,
  );
});

test.run();
