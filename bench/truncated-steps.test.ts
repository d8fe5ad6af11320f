import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { recurrentUpdateBytes } from '#exporters';
import type { Graph, Recurrence } from '#runtime';
import { isRecurrent } from '#runtime';

import { sequenceGraph } from './sequence-network.ts';
import { truncatedSteps } from './truncated-steps.ts';

const test = suite('bench/truncated-steps');

function graphOf(steps: number): Graph {
  return sequenceGraph({ cell: 'lstm', steps, features: 20, hiddenSize: 64, batch: 4 });
}

function bytesOf(graph: Graph, recurrence: Recurrence): number {
  const { attributes } = graph.nodes.find(isRecurrent)!;
  const options = { batch: 4, recurrence, passesOn: false };
  return recurrentUpdateBytes(attributes, graph.inputShape, options);
}

test('as many steps as fit: one more would need more memory', () => {
  const graph = graphOf(256);
  const exact = { exactSteps: 8, earlier: 'exact' } as const;
  const steps = truncatedSteps(graph, 4, exact);
  assert.ok(steps > 8, `${steps} steps`);
  const budget = bytesOf(graph, exact);
  assert.ok(bytesOf(graph, { exactSteps: steps, earlier: 'none' }) <= budget);
  assert.ok(bytesOf(graph, { exactSteps: steps + 1, earlier: 'none' }) > budget);
});

test('truncation itself fits in its own memory, with no step to spare', () => {
  assert.is(truncatedSteps(graphOf(256), 4, { exactSteps: 32, earlier: 'none' }), 32);
});

test('new weights need more than a few steps do: fewer exact steps leave as many truncated ones', () => {
  const steps = truncatedSteps(graphOf(256), 4, { exactSteps: 2, earlier: 'none' });
  assert.ok(steps > 8, `${steps} steps`);
});

test('never more steps than the sequence has', () => {
  assert.is(truncatedSteps(graphOf(12), 4, { exactSteps: 65_536, earlier: 'exact' }), 12);
});

test.run();
