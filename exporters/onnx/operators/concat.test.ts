import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import {
  expectSameOutput,
  randomFloats,
} from '../../../test/support/import-against-onnx-runtime.ts';
import { GraphBuilder } from '../graph-builder.ts';
import { importModel } from '../import-model.ts';

const test = suite('exporters/onnx/operators/concat');

function branches(axis: number, channels = [2, 3]): Uint8Array {
  const g = new GraphBuilder();
  const x = g.input('x', 'float32', ['n', 1, 4, 4]);
  const parts = channels.map((count, i) => {
    return g.node('Conv', [x, g.constant(`w${i}`, randomFloats(i, count), [count, 1, 1, 1])]);
  });
  g.output(g.node('Concat', parts, { attributes: { axis } }), 'float32', ['n', 'c', 'h', 'w']);
  return g.build();
}

test('Concat along channels, with one of them too', async () => {
  await expectSameOutput(branches(1), 1e-5);
  await expectSameOutput(branches(-3, [1, 2, 1]), 1e-5);
});

test('Concat of one input is nothing', async () => {
  const { graph } = await expectSameOutput(branches(1, [2]), 1e-5);
  assert.is(graph.nodes.length, 1);
});

test('Concat along another axis is refused', () => {
  assert.throws(() => importModel(branches(2)), /expected inputs that differ in channels only/);
  assert.throws(() => importModel(branches(9)), /expected inputs that differ in channels only/);
});

test.run();
