import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import {
  expectSameOutput,
  randomFloats,
} from '../../../test/support/import-against-onnx-runtime.ts';
import { GraphBuilder } from '../graph-builder.ts';
import { importModel } from '../import-model.ts';

const test = suite('exporters/onnx/operators/arithmetic');

/** x [n, 3, 4, 4] through one operator with a constant. */
function withConstant(operator: string, constant: readonly number[], isFirst = false): Uint8Array {
  const g = new GraphBuilder();
  const x = g.input('x', 'float32', ['n', 3, 4, 4]);
  const size = constant.reduce((a, b) => a * b, 1);
  const c = g.constant('c', randomFloats(1, size, { low: 0.5, high: 2 }), constant);
  g.output(g.node(operator, isFirst ? [c, x] : [x, c]), 'float32', ['n', 3, 4, 4]);
  return g.build();
}

for (const operator of ['Add', 'Sub', 'Mul', 'Div']) {
  for (const shape of [[], [1], [3, 1, 1], [1, 3, 1, 1]]) {
    test(`${operator} of a constant [${shape.join()}]`, async () => {
      const { graph } = await expectSameOutput(withConstant(operator, shape), 1e-5);
      assert.is(graph.nodes.length, 1);
    });
  }
}

for (const operator of ['Add', 'Sub', 'Mul']) {
  test(`${operator} with the constant first`, async () => {
    await expectSameOutput(withConstant(operator, [3, 1, 1], true), 1e-5);
  });
}

test('constants of other shapes, and division by a signal, are refused', () => {
  assert.throws(
    () => importModel(withConstant('Add', [4])),
    /expected a constant of one number, or one for each of 3 channels, got \[4\]/,
  );
  assert.throws(() => importModel(withConstant('Mul', [3, 4, 4])), /got \[3, 4, 4\]/);
  assert.throws(() => importModel(withConstant('Div', [], true)), /expected a constant divisor/);
});

function pair(operator: string, isPooled: boolean): GraphBuilder {
  const g = new GraphBuilder();
  const x = g.input('x', 'float32', ['n', 3, 4, 4]);
  const a = g.node('Conv', [x, g.constant('a', randomFloats(1, 9), [3, 3, 1, 1])]);
  const b = g.node('Conv', [x, g.constant('b', randomFloats(2, 9), [3, 3, 1, 1])]);
  const other = isPooled ? g.node('GlobalAveragePool', [b]) : b;
  g.output(g.node(operator, [other, a]), 'float32', ['n', 3, 4, 4]);
  return g;
}

test('Add and Mul of two signals', async () => {
  await expectSameOutput(pair('Add', false).build(), 1e-5);
  await expectSameOutput(pair('Mul', false).build(), 1e-5);
});

test('Mul by one factor per channel, whichever comes first', async () => {
  const { graph } = await expectSameOutput(pair('Mul', true).build(), 1e-5);
  assert.equal(graph.nodes.at(-1)!.inputs, [1, 3]);
});

test('Add of unequal shapes and Sub of two signals are refused', () => {
  assert.throws(() => importModel(pair('Add', true).build()), /expected two inputs of one shape/);
  assert.throws(
    () => importModel(pair('Sub', false).build()),
    /\(Sub\): expected a constant, .* form is Add/,
  );
});

test.run();
