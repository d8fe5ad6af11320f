import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { expectSameOutput, randomFloats } from '../../test/support/import-against-onnx-runtime.ts';
import type { Dimensions } from './graph-builder.ts';
import { GraphBuilder } from './graph-builder.ts';
import { importModel } from './import-model.ts';

const test = suite('exporters/onnx/input-layout');

/** `rest` brings the input to [n, 3, 4, 5], which a convolution reads. */
function model(dimensions: Dimensions, rest: (g: GraphBuilder, x: string) => string): Uint8Array {
  const g = new GraphBuilder();
  const x = rest(g, g.input('x', 'float32', dimensions));
  const w = g.constant('w', randomFloats(1, 24), [2, 3, 2, 2]);
  g.output(g.node('Conv', [x, w]), 'float32', ['n', 2, 3, 4]);
  return g.build();
}

const nhwcToNchw = { attributes: { perm: [0, 3, 1, 2] } };

const cases: Readonly<
  Record<
    string,
    { input: Dimensions; layout: 'nchw' | 'nhwc'; rest: (g: GraphBuilder, x: string) => string }
  >
> = {
  NCHW: { input: ['n', 3, 4, 5], layout: 'nchw', rest: (_, x) => x },
  'a fixed batch': { input: [4, 3, 4, 5], layout: 'nchw', rest: (_, x) => x },
  'NHWC that is transposed': {
    input: ['n', 4, 5, 3],
    layout: 'nhwc',
    rest: (g, x) => g.node('Transpose', [x], nhwcToNchw),
  },
  'NHWC that is scaled, then transposed': {
    input: ['n', 4, 5, 3],
    layout: 'nhwc',
    rest: (g, x) => {
      const scaled = g.node('Mul', [x, g.scalar('float32', 2)]);
      const mean = g.constant('mean', randomFloats(2, 3), [3]);
      return g.node('Transpose', [g.node('Sub', [scaled, mean])], nhwcToNchw);
    },
  },
  'a flat input that is reshaped': {
    input: ['n', 60],
    layout: 'nchw',
    rest: (g, x) => g.node('Reshape', [x, g.int64([-1, 3, 4, 5])]),
  },
  'a flat NHWC input that is reshaped and transposed': {
    input: ['n', 60],
    layout: 'nhwc',
    rest: (g, x) => {
      return g.node('Transpose', [g.node('Reshape', [x, g.int64([-1, 4, 5, 3])])], nhwcToNchw);
    },
  },
};

for (const [name, { input, layout, rest }] of Object.entries(cases)) {
  test(`the input is ${name}`, async () => {
    const { graph, inputLayout } = await expectSameOutput(model(input, rest), 1e-5);
    assert.equal(graph.inputShape, [4, 5, 3]);
    assert.is(inputLayout, layout);
  });
}

test('images without a channel axis get one', async () => {
  const g = new GraphBuilder();
  const x = g.input('x', 'float32', ['n', 4, 5]);
  const image = g.node('Unsqueeze', [x, g.int64([1])]);
  const w = g.constant('w', randomFloats(1, 8), [2, 1, 2, 2]);
  g.output(g.node('Conv', [image, w]), 'float32', ['n', 2, 3, 4]);
  const { graph } = await expectSameOutput(g.build(), 1e-5);
  assert.equal(graph.inputShape, [4, 5, 1]);
});

test('series are one column, whether channels come first or last', async () => {
  for (const isLast of [false, true]) {
    const g = new GraphBuilder();
    const x = g.input('x', 'float32', isLast ? ['n', 9, 3] : ['n', 3, 9]);
    const series = isLast ? g.node('Transpose', [x], { attributes: { perm: [0, 2, 1] } }) : x;
    const w = g.constant('w', randomFloats(1, 12), [2, 3, 2]);
    g.output(g.node('Conv', [series, w]), 'float32', ['n', 2, 8]);
    const { graph, inputLayout } = await expectSameOutput(g.build(), 1e-5);
    assert.equal(graph.inputShape, [9, 1, 3]);
    assert.is(inputLayout, isLast ? 'nhwc' : 'nchw');
  }
});

test('a product per step says that features come last', async () => {
  const g = new GraphBuilder();
  const x = g.input('x', 'float32', ['n', 9, 3]);
  const product = g.node('MatMul', [x, g.constant('w', randomFloats(1, 6), [3, 2])]);
  const mean = g.node('ReduceMean', [product, g.int64([1])], { attributes: { keepdims: 0 } });
  g.output(mean, 'float32', ['n', 2]);
  const { graph, inputLayout } = await expectSameOutput(g.build(), 1e-5);
  assert.equal(graph.inputShape, [9, 1, 3]);
  assert.is(inputLayout, 'nhwc');
});

test('open sizes after the batch, unknown sizes and other types are refused', () => {
  assert.throws(
    () => importModel(model(['n', 3, 'height', 5], (_, x) => x)),
    /^input "x": expected fixed sizes after the batch, got "height"/,
  );
  assert.throws(
    () => importModel(model([60], (_, x) => x)),
    /^input "x": expected float32 of \[batch, ...\]/,
  );
  const g = new GraphBuilder();
  g.output(g.node('Relu', [g.input('x', 'double', ['n', 3])]), 'double', ['n', 3]);
  assert.throws(
    () => importModel(g.build()),
    /^input "x": expected float32 of \[batch, ...\], got double/,
  );
});

test.run();
