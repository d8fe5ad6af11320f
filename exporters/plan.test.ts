import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { InputError, inferShapes } from '#runtime';
import type { Graph, Node } from '#runtime';

import { learnBytes } from './memory-plan.ts';
import { partition } from './partition.ts';
import { affordableTail, planFor } from './plan.ts';

const test = suite('exporters/plan');

// Five convolutions, each with a quarter of the positions of the one before.
const graph: Graph = {
  inputShape: [32, 32, 3],
  nodes: Array.from({ length: 5 }, (_, index): Node => ({
    name: `c${index}`,
    operator: 'conv',
    attributes: {
      window: { kernel: [3, 3], stride: [2, 2], dilation: [1, 1], pads: [1, 1, 1, 1] },
      outputChannels: 8,
      groups: 1,
      clamp: { minimum: 0, maximum: Infinity },
    },
    inputs: [index],
  })),
};
const modules = partition(graph);

test('the default tail is the longest that needs no more memory than a module before it', () => {
  const shapes = inferShapes(graph);
  const cost = (from: number): number =>
    learnBytes(graph, { name: 'tail', from, to: 5 }, shapes, 4);
  const prefix = (to: number): number =>
    Math.max(...modules.slice(0, to).map((module) => learnBytes(graph, module, shapes, 4)));
  const start = 5 - affordableTail(graph, modules, 4);
  assert.ok(cost(start) <= prefix(start));
  assert.ok(start === 1 || cost(start - 1) > prefix(start - 1));
});

test('modules are frozen first, then trained by the rule, then exact', () => {
  const { rules } = planFor(graph, modules, { frozen: 1, tail: 2, rule: 'exact-replay' });
  assert.equal(rules, ['frozen', 'exact-replay', 'exact-replay', 'exact', 'exact']);
});

test('the learning rate follows the batch', () => {
  assert.is(planFor(graph, modules, { batchSize: 16 }).learningRate, 0.06);
  assert.is(planFor(graph, modules, { batchSize: 4 }).learningRate, 0.015);
});

test('a tail or a frozen prefix that does not fit is refused', () => {
  const refused = (error: unknown): boolean => error instanceof InputError;
  assert.throws(() => planFor(graph, modules, { tail: 6 }), refused);
  assert.throws(() => planFor(graph, modules, { tail: 0 }), refused);
  assert.throws(() => planFor(graph, modules, { tail: 3, frozen: 3 }), refused);
});

test.run();
