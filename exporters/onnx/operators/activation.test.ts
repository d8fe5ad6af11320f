import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { expectSameOutput } from '../../../test/support/import-against-onnx-runtime.ts';
import { float } from '../attribute.ts';
import type { NodeOptions } from '../graph-builder.ts';
import { GraphBuilder } from '../graph-builder.ts';

const test = suite('exporters/onnx/operators/activation');

interface Case {
  readonly operator: string;
  readonly attributes?: NonNullable<NodeOptions['attributes']>;
  readonly bounds?: readonly (number | null)[];
  readonly opset?: number;
}

const cases: readonly Case[] = [
  { operator: 'Relu' },
  { operator: 'LeakyRelu' },
  { operator: 'LeakyRelu', attributes: { alpha: float(0.3) } },
  { operator: 'HardSigmoid' },
  { operator: 'HardSigmoid', attributes: { alpha: float(1 / 6), beta: float(0.5) } },
  { operator: 'HardSwish' },
  { operator: 'Sigmoid' },
  { operator: 'Tanh' },
  { operator: 'Clip', bounds: [0, 6] },
  { operator: 'Clip', bounds: [null, 1] },
  { operator: 'Clip', bounds: [-2] },
  { operator: 'Clip' },
  { operator: 'Clip', attributes: { min: float(-1), max: float(2) }, opset: 10 },
];

for (const { operator, attributes = {}, bounds = [], opset = 18 } of cases) {
  test(`${operator} ${JSON.stringify(attributes)} ${JSON.stringify(bounds)}`, async () => {
    const g = new GraphBuilder({ opset });
    const x = g.input('x', 'float32', ['n', 3, 4, 4]);
    const inputs = bounds.map((bound) => (bound === null ? '' : g.scalar('float32', bound)));
    g.output(g.node(operator, [x, ...inputs], { attributes }), 'float32', ['n', 3, 4, 4]);
    const { graph } = await expectSameOutput(g.build(), 1e-6, { low: -8, high: 8 });
    assert.is(graph.nodes[0]!.operator, 'lookup');
  });
}

test('SiLU is a sigmoid and a product', async () => {
  const g = new GraphBuilder();
  const x = g.input('x', 'float32', ['n', 3, 4, 4]);
  g.output(g.node('Mul', [x, g.node('Sigmoid', [x])]), 'float32', ['n', 3, 4, 4]);
  const { graph } = await expectSameOutput(g.build(), 1e-5, { low: -8, high: 8 });
  assert.equal(
    graph.nodes.map(({ operator }) => operator),
    ['lookup', 'mul'],
  );
});

test.run();
