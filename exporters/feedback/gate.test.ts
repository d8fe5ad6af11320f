import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import type { Graph, Node } from '#runtime';
import { assertClose } from '#test-support';

import { runFloat } from '../float/run.ts';
import { gateWeights } from './gate.ts';

const test = suite('exporters/feedback/gate');

const window = { kernel: [1, 2], stride: [1, 1], dilation: [1, 1], pads: [0, 0, 0, 0] } as const;
const nodes: Node[] = [
  {
    name: 'twice',
    operator: 'add',
    inputs: [0, 0],
    attributes: { clamp: { minimum: 0, maximum: 6 } },
  },
  { name: 'pool', operator: 'maxPool', inputs: [1], attributes: { window } },
  {
    name: 'tanh',
    operator: 'lookup',
    inputs: [0],
    attributes: { activation: 'tanh', parameters: [] },
  },
  { name: 'square', operator: 'mul', inputs: [1, 1], attributes: {} },
];
const graph: Graph = { inputShape: [1, 4, 1], nodes };
const values = runFloat({ graph, parameters: new Map() }, Float64Array.of(-1, 1, 3, 4));

test('a clamp lets pass what is strictly inside it', () => {
  assert.equal([...gateWeights(graph, values, 1)!], [0, 1, 0, 0]);
});

test('a maximum is gated like the value it is taken from', () => {
  assert.equal([...gateWeights(graph, values, 2)!], [1, 0, 0]);
});

test('a lookup lets its squared slope pass', () => {
  const slopes = [-1, 1, 3, 4].map((x) => (1 - Math.tanh(x) ** 2) ** 2);
  assertClose(gateWeights(graph, values, 3)!, slopes, 1e-12);
});

test('the input and other operators let everything pass', () => {
  assert.is(gateWeights(graph, values, 0), null);
  assert.is(gateWeights(graph, values, 4), null);
});

test.run();
