import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import {
  expectSameOutput,
  randomFloats,
} from '../../../test/support/import-against-onnx-runtime.ts';
import { float } from '../attribute.ts';
import type { NodeOptions } from '../graph-builder.ts';
import { GraphBuilder } from '../graph-builder.ts';
import { importModel } from '../import-model.ts';

const test = suite('exporters/onnx/operators/pad');

const uneven = [0, 0, 1, 2, 0, 0, 3, 0];

/** Pad, then `rest`; one output channel where `rest` is a convolution. */
function padded(rest: (g: GraphBuilder, x: string) => string, pads = uneven): Uint8Array {
  const g = new GraphBuilder({ opset: 13 });
  const x = g.input('x', 'float32', ['n', 2, 4, 5]);
  g.output(rest(g, g.node('Pad', [x, g.int64(pads)])), 'float32', ['n', 2, 'h', 'w']);
  return g.build();
}

function conv(
  g: GraphBuilder,
  x: string,
  attributes: NonNullable<NodeOptions['attributes']> = {},
): string {
  return g.node('Conv', [x, g.constant('w', randomFloats(1, 36), [2, 2, 3, 3])], { attributes });
}

function average(attributes: NonNullable<NodeOptions['attributes']>) {
  return (g: GraphBuilder, x: string): string => {
    return g.node('AveragePool', [x], { attributes: { kernel_shape: [2, 2], ...attributes } });
  };
}

test('Pad joins the convolution after it, and its own pads', async () => {
  const { graph } = await expectSameOutput(
    padded((g, x) => conv(g, x)),
    1e-5,
  );
  assert.is(graph.nodes.length, 1);
  await expectSameOutput(
    padded((g, x) => conv(g, x, { pads: [1, 1, 0, 0] })),
    1e-5,
  );
  await expectSameOutput(
    padded((g, x) => conv(g, x, { auto_pad: 'SAME_UPPER', strides: [2, 2] })),
    1e-5,
  );
});

test('Pad joins an average that counts it', async () => {
  // ONNX Runtime joins the two as well, and fails where the padding reaches the kernel's size.
  const pads = [0, 0, 0, 1, 0, 0, 1, 0];
  await expectSameOutput(padded(average({}), pads), 1e-5);
  await expectSameOutput(
    padded(average({ kernel_shape: [3, 3], pads: [1, 1, 0, 0], count_include_pad: 1 }), pads),
    1e-5,
  );
  assert.throws(
    () => importModel(padded(average({ pads: [1, 1, 1, 1] }))),
    /expected count_include_pad 1 after Pad, got 0/,
  );
});

test('Pad joins a maximum of numbers that are never negative', async () => {
  const attributes = { kernel_shape: [3, 3], strides: [2, 2] };
  const pads = (g: GraphBuilder): string => g.int64([0, 0, 1, 1, 0, 0, 1, 1]);
  const model = (isRelu: boolean): Uint8Array => {
    const g = new GraphBuilder({ opset: 13 });
    const x = g.input('x', 'float32', ['n', 2, 5, 5]);
    const before = isRelu ? g.node('Relu', [x]) : x;
    const pad = g.node('Pad', [before, pads(g)]);
    g.output(g.node('MaxPool', [pad], { attributes }), 'float32', ['n', 2, 3, 3]);
    return g.build();
  };
  await expectSameOutput(model(true), 1e-5);
  assert.throws(
    () => importModel(model(false)),
    /expected no Pad before it, got one; .* MaxPool with pads/,
  );
});

test('Pad with attributes, as up to opset 10', async () => {
  const g = new GraphBuilder({ opset: 10 });
  const x = g.input('x', 'float32', ['n', 2, 4, 5]);
  const pad = g.node('Pad', [x], { attributes: { pads: uneven, value: float(0) } });
  g.output(conv(g, pad), 'float32', ['n', 2, 'h', 'w']);
  await expectSameOutput(g.build(), 1e-5);
});

test('Pad of some axes, as since opset 18', async () => {
  const g = new GraphBuilder({ opset: 18 });
  const x = g.input('x', 'float32', ['n', 2, 4, 5]);
  const pad = g.node('Pad', [x, g.int64([1, 2, 0, 1]), '', g.int64([-1, 2])]);
  g.output(conv(g, pad), 'float32', ['n', 2, 'h', 'w']);
  await expectSameOutput(g.build(), 1e-5);
});

test('other padding, and Pad before other operators, is refused', () => {
  assert.throws(
    () => importModel(padded((g, x) => g.node('Relu', [x]))),
    /expected no Pad before it, got one/,
  );
  assert.throws(() => importModel(padded((_, x) => x)), /^output/);
  assert.throws(
    () => importModel(padded((g, x) => conv(g, x), [0, 1, 0, 0, 0, 0, 0, 0])),
    /expected pads of at least 0 on height and width, got 1 and 0 on axis 1/,
  );
  assert.throws(
    () => importModel(padded((g, x) => conv(g, x), [0, 0, -1, 0, 0, 0, 0, 0])),
    /got -1 and 0/,
  );
  const g = new GraphBuilder({ opset: 13 });
  const x = g.input('x', 'float32', ['n', 2, 4, 5]);
  const pad = g.node('Pad', [x, g.int64(uneven)], { attributes: { mode: 'reflect' } });
  g.output(conv(g, pad), 'float32', ['n', 2, 'h', 'w']);
  assert.throws(() => importModel(g.build()), /expected padding with zeros, got reflect/);
});

test.run();
