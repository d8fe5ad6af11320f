import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import {
  expectSameOutput,
  randomFloats,
} from '../../../test/support/import-against-onnx-runtime.ts';
import { float } from '../attribute.ts';
import { GraphBuilder } from '../graph-builder.ts';
import { importModel } from '../import-model.ts';

const test = suite('exporters/onnx/operators/dense');

test('Gemm with alpha, beta and transposed weights', async () => {
  const g = new GraphBuilder();
  const x = g.input('x', 'float32', ['n', 5]);
  const w = g.constant('w', randomFloats(1, 15), [3, 5]);
  const b = g.constant('b', randomFloats(2, 3), [1, 3]);
  const attributes = { transB: 1, alpha: float(0.5), beta: float(2) };
  g.output(g.node('Gemm', [x, w, b], { attributes }), 'float32', ['n', 3]);
  await expectSameOutput(g.build(), 1e-5);
});

test('Gemm without a bias, and with one number for all', async () => {
  for (const bias of [[], [0.5]]) {
    const g = new GraphBuilder();
    const x = g.input('x', 'float32', ['n', 5]);
    const w = g.constant('w', randomFloats(1, 15), [5, 3]);
    const inputs = bias.map((value) => g.scalar('float32', value));
    g.output(g.node('Gemm', [x, w, ...inputs]), 'float32', ['n', 3]);
    await expectSameOutput(g.build(), 1e-5);
  }
});

test('MatMul and Add are one dense layer', async () => {
  const g = new GraphBuilder();
  const x = g.input('x', 'float32', ['n', 5]);
  const product = g.node('MatMul', [x, g.constant('w', randomFloats(1, 15), [5, 3])]);
  const sum = g.node('Add', [g.constant('b', randomFloats(2, 3), [3]), product]);
  g.output(g.node('Relu', [sum]), 'float32', ['n', 3]);
  const { graph } = await expectSameOutput(g.build(), 1e-5);
  assert.equal(
    graph.nodes.map(({ operator }) => operator),
    ['dense'],
  );
});

test('weights after Flatten follow our order of height, width and channels', async () => {
  const g = new GraphBuilder();
  const x = g.input('x', 'float32', ['n', 3, 4, 5]);
  const pooled = g.node('MaxPool', [x], { attributes: { kernel_shape: [2, 2] } });
  const w = g.constant('w', randomFloats(1, 72), [36, 2]);
  g.output(g.node('MatMul', [g.node('Flatten', [pooled]), w]), 'float32', ['n', 2]);
  await expectSameOutput(g.build(), 1e-5);
});

test('weights after Flatten of an NHWC tensor are in our order already', async () => {
  const g = new GraphBuilder();
  const x = g.input('x', 'float32', ['n', 4, 5, 3]);
  const nchw = g.node('Transpose', [x], { attributes: { perm: [0, 3, 1, 2] } });
  const pooled = g.node('MaxPool', [nchw], { attributes: { kernel_shape: [2, 2] } });
  const nhwc = g.node('Transpose', [pooled], { attributes: { perm: [0, 2, 3, 1] } });
  const weights = randomFloats(1, 72);
  const w = g.constant('w', weights, [36, 2]);
  const flat = g.node('Reshape', [nhwc, g.int64([-1, 36])]);
  g.output(g.node('MatMul', [flat, w]), 'float32', ['n', 2]);
  const imported = await expectSameOutput(g.build(), 1e-5);
  assert.is(imported.inputLayout, 'nhwc');
  assert.equal(
    [...imported.parameters.get(1)!.weights.subarray(0, 3)],
    [0, 2, 4].map((i) => weights[i]),
  );
});

test('MatMul over the channels of each position is a 1x1 convolution', async () => {
  const g = new GraphBuilder();
  const x = g.input('x', 'float32', ['n', 4, 6]);
  const kernel = g.constant('k', randomFloats(1, 36), [3, 4, 3]);
  const steps = g.node('Transpose', [g.node('Conv', [x, kernel])], {
    attributes: { perm: [0, 2, 1] },
  });
  const w = g.constant('w', randomFloats(2, 15), [3, 5]);
  const back = g.node('Transpose', [g.node('MatMul', [steps, w])], {
    attributes: { perm: [0, 2, 1] },
  });
  g.output(back, 'float32', ['n', 5, 4]);
  await expectSameOutput(g.build(), 1e-5);
});

test('weights that depend on the input, of another size, or transposed inputs are refused', () => {
  const g = new GraphBuilder();
  const x = g.input('x', 'float32', ['n', 4]);
  g.output(g.node('Gemm', [x, x], { attributes: { transB: 1 } }), 'float32', ['n', 'n']);
  assert.throws(() => importModel(g.build()), /expected input 1 to be a constant/);

  const other = new GraphBuilder();
  const y = other.input('x', 'float32', ['n', 4]);
  other.output(
    other.node('MatMul', [y, other.constant('w', new Float32Array(6), [3, 2])]),
    'float32',
    ['n', 2],
  );
  assert.throws(() => importModel(other.build()), /expected weights for 4 inputs, got \[3, 2\]/);

  const transposed = new GraphBuilder();
  const z = transposed.input('x', 'float32', ['n', 4]);
  const w = transposed.constant('w', new Float32Array(8), [4, 2]);
  transposed.output(transposed.node('Gemm', [z, w], { attributes: { transA: 1 } }), 'float32', [
    'n',
    2,
  ]);
  assert.throws(() => importModel(transposed.build()), /expected transA 0, got 1/);
});

test.run();
