import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import {
  expectSameOutput,
  randomFloats,
} from '../../../test/support/import-against-onnx-runtime.ts';
import type { NodeOptions } from '../graph-builder.ts';
import { GraphBuilder } from '../graph-builder.ts';
import { importModel } from '../import-model.ts';

const test = suite('exporters/onnx/operators/softmax');

interface Head {
  readonly operator?: string;
  readonly attributes?: NonNullable<NodeOptions['attributes']>;
  readonly opset?: number;
  readonly after?: string;
}

function classifier({
  operator = 'Softmax',
  attributes = {},
  opset = 18,
  after,
}: Head): Uint8Array {
  const g = new GraphBuilder({ opset });
  const x = g.input('x', 'float32', ['n', 4]);
  const logits = g.node('MatMul', [x, g.constant('w', randomFloats(1, 12), [4, 3])]);
  const scores = g.node(operator, [logits], { attributes });
  g.output(after === undefined ? scores : g.node(after, [scores]), 'float32', ['n', 3]);
  return g.build();
}

test('a closing Softmax is taken off and recorded', async () => {
  for (const head of [{}, { attributes: { axis: 1 } }, { opset: 11 }, { after: 'Identity' }]) {
    const { graph, softmax } = await expectSameOutput(classifier(head), 1e-6);
    assert.is(softmax, true);
    assert.is(graph.nodes.length, 1);
  }
});

test('LogSoftmax is recorded as well, and its absence', () => {
  assert.is(importModel(classifier({ operator: 'LogSoftmax' })).softmax, true);
  assert.is(importModel(classifier({ operator: 'Relu' })).softmax, false);
});

test('Softmax within the graph, or over a part, is refused', () => {
  assert.throws(
    () => importModel(classifier({ after: 'Relu' })),
    /\(Relu\): expected no operator after Softmax, got one; .* Softmax as the last/,
  );
  assert.throws(
    () => importModel(classifier({ attributes: { axis: 0 } })),
    /expected softmax over all of the logits, got over a part/,
  );
});

test.run();
