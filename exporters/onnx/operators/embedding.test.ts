import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import {
  expectSameOutput,
  randomFloats,
} from '../../../test/support/import-against-onnx-runtime.ts';
import { GraphBuilder } from '../graph-builder.ts';
import { importModel } from '../import-model.ts';

const test = suite('exporters/onnx/operators/embedding');

function model(
  rest: (g: GraphBuilder, vectors: string) => string,
  { rows = 20, type = 'int64' }: { rows?: number; type?: 'int64' | 'float32' } = {},
): Uint8Array {
  const g = new GraphBuilder({ opset: 14 });
  const ids = g.input('ids', type, ['n', 5]);
  const table = g.constant('table', randomFloats(1, rows * 3), [rows, 3]);
  g.output(rest(g, g.node('Gather', [table, ids], { output: 'e' })), 'float32', ['n', 2]);
  return g.build();
}

const mean = (g: GraphBuilder, x: string): string => {
  const pooled = g.node('ReduceMean', [x], { attributes: { axes: [1], keepdims: 0 } });
  return g.node('MatMul', [pooled, g.constant('w', randomFloats(2, 6), [3, 2])]);
};

test('token ids become the vectors of a table', async () => {
  const { graph, parameters } = await expectSameOutput(model(mean), 1e-5, { high: 20 });
  assert.equal(graph.inputShape, [5, 1, 1]);
  assert.equal(graph.nodes[0]!.attributes, { size: 3 });
  const { weights, bias } = parameters.get(0)!;
  assert.is(weights.length, 256 * 3);
  assert.equal(
    [...weights.subarray(60)],
    Array.from({ length: 236 * 3 }, () => 0),
  );
  assert.is(bias.length, 0);
});

test('vectors before a recurrent layer, a convolution and a dense layer per step', async () => {
  const recurrent = (g: GraphBuilder, x: string): string => {
    const sequence = g.node('Transpose', [x], { attributes: { perm: [1, 0, 2] } });
    const w = g.constant('w', randomFloats(2, 6), [1, 2, 3]);
    const r = g.constant('r', randomFloats(3, 4), [1, 2, 2]);
    const [, h] = g.nodeWithOutputs('RNN', [sequence, w, r], 2, { attributes: { hidden_size: 2 } });
    return g.node('Squeeze', [h!, g.int64([0])]);
  };
  const convolution = (g: GraphBuilder, x: string): string => {
    const series = g.node('Transpose', [x], { attributes: { perm: [0, 2, 1] } });
    const w = g.constant('w', randomFloats(2, 24), [2, 3, 4]);
    const pooled = g.node('GlobalMaxPool', [g.node('Conv', [series, w])]);
    return g.node('Flatten', [pooled]);
  };
  const dense = (g: GraphBuilder, x: string): string => {
    const w = g.constant('v', randomFloats(2, 9), [3, 3]);
    return mean(g, g.node('Tanh', [g.node('MatMul', [x, w])]));
  };
  for (const rest of [recurrent, convolution, dense]) {
    const { graph } = await expectSameOutput(model(rest), 1e-5, { high: 20 });
    assert.equal(graph.inputShape, [5, 1, 1]);
  }
});

test('a factor on the vectors is kept', async () => {
  const scaled = (g: GraphBuilder, x: string): string =>
    mean(g, g.node('Relu', [g.node('Mul', [x, g.scalar('float32', 4)])]));
  await expectSameOutput(model(scaled), 1e-5, { high: 20 });
});

test('a larger table, or ids that are no ids, are refused', () => {
  assert.throws(
    () => importModel(model(mean, { rows: 300 })),
    /^node "e" \(Gather\): expected a table of at most 256 tokens, got 300; the nearest supported form is characters/,
  );
  assert.throws(
    () => importModel(model(mean, { type: 'float32' })),
    /^node "e" \(Gather\): expected token ids, the integer input of the graph, got other numbers/,
  );
  const g = new GraphBuilder({ opset: 14 });
  g.output(g.node('Relu', [g.input('ids', 'int64', ['n', 5])], { output: 'y' }), 'float32', [
    'n',
    5,
  ]);
  assert.throws(
    () => importModel(g.build()),
    /^node "y" \(Relu\): expected numbers, got token ids; the nearest supported form is Gather/,
  );
});

test.run();
