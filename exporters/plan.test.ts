import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { InputError } from '#runtime';
import type { Graph, Node, Plan } from '#runtime';

import { partition } from './partition.ts';
import { affordableTail, planFor } from './plan.ts';
import { plannedTail } from './tail-parts.ts';

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

function peakWith(tail: number): number {
  const rules = modules.map((_module, index) =>
    index < modules.length - tail ? ('feedback-local' as const) : ('exact' as const),
  );
  const plan = { rules, batchSize: 4, recurrence: null };
  return plannedTail(graph, modules, plan).needed;
}

test('the default tail is the longest that needs at most a fifth more memory than any other', () => {
  const peaks = modules.map((_module, shorter) => peakWith(shorter + 1));
  const allowed = 1.2 * Math.min(...peaks);
  const tail = affordableTail(graph, modules, 4);
  assert.ok(peaks[tail - 1]! <= allowed);
  for (const longer of peaks.slice(tail)) assert.ok(longer > allowed);
});

test('modules are frozen first, then trained by the rule, then exact', () => {
  const { rules } = planFor(graph, modules, { frozen: 1, tail: 2, rule: 'exact-replay' });
  assert.equal(rules, ['frozen', 'exact-replay', 'exact-replay', 'exact', 'exact']);
});

test('the learning rate follows the batch', () => {
  assert.is(planFor(graph, modules, { batchSize: 16 }).learningRate, 0.06);
  assert.is(planFor(graph, modules, { batchSize: 4 }).learningRate, 0.015);
});

test('a recurrent layer that learns takes larger steps', () => {
  const one = sequence('last');
  const parts = partition(one);
  assert.is(planFor(one, parts, { batchSize: 4 }).learningRate, 0.06);
  const headOnly = { tail: 1, frozen: parts.length - 1, batchSize: 4 };
  assert.is(planFor(one, parts, headOnly).learningRate, 0.015);
  assert.is(planFor(one, parts, { batchSize: 4, learningRate: 0.5 }).learningRate, 0.5);
});

function sequence(...outputs: readonly ('sequence' | 'last')[]): Graph {
  return sequenceOf(20, outputs);
}

function sequenceOf(steps: number, outputs: readonly ('sequence' | 'last')[]): Graph {
  const layers = outputs.map((output, index): Node => ({
    name: `r${index}`,
    operator: 'recurrent',
    attributes: { cell: 'lstm', hiddenSize: 4, reverse: false, output, initialState: [] },
    inputs: [index + 1],
  }));
  const embedding: Node = {
    name: 'e',
    operator: 'embedding',
    attributes: { size: 3 },
    inputs: [0],
  };
  const head: Node = {
    name: 'head',
    operator: 'dense',
    attributes: { outputChannels: 2, clamp: null },
    inputs: [outputs.length + 1],
  };
  return { inputShape: [steps, 1, 1], nodes: [embedding, ...layers, head] };
}

test('the default tail goes from the last recurrent layer on, and never into what cannot be trained', () => {
  const two = sequence('sequence', 'last');
  const plan = planFor(two, partition(two));
  assert.equal(plan.rules.slice(2), ['exact', 'exact']);
  assert.is(plan.rules[0], 'frozen');
  assert.throws(
    () => planFor(two, partition(two), { tail: 4 }),
    /^plan.tail: expected at most 3 modules, since e cannot be trained, got 4/,
  );
});

test('all steps take the exact gradient by default, unless the states kept for it would need much more memory', () => {
  const defaultFor = (steps: number): Plan['recurrence'] => {
    const long = sequenceOf(steps, ['last']);
    return planFor(long, partition(long)).recurrence;
  };
  assert.equal(defaultFor(20), { exactSteps: 8, earlier: 'exact' });
  assert.equal(defaultFor(512), { exactSteps: 8, earlier: 'exact' });
  // More than 64 chunks of 8 steps.
  assert.equal(defaultFor(513), { exactSteps: 16, earlier: 'exact' });
  assert.equal(defaultFor(4096), { exactSteps: 16, earlier: 'gates' });
});

test('the recurrence is that asked for, and null where no recurrent layer learns', () => {
  const one = sequence('last');
  const parts = partition(one);
  const recurrence = { exactSteps: 4, earlier: 'none' } as const;
  assert.equal(planFor(one, parts, { recurrence }).recurrence, recurrence);
  assert.is(planFor(one, parts, { tail: 1, frozen: 2 }).recurrence, null);
  assert.throws(() => planFor(one, parts, { recurrence: { exactSteps: 0 } }), /exactSteps/);
});

test('a recurrent layer before the tail takes its feedback at its end', () => {
  const two = sequence('sequence', 'last');
  const { rules } = planFor(two, partition(two), { tail: 1, rule: 'feedback-direct' });
  assert.equal(rules, ['frozen', 'feedback-local', 'feedback-local', 'exact']);
  const replay = planFor(two, partition(two), { tail: 1, rule: 'exact-replay' });
  assert.equal(replay.rules, ['frozen', 'exact-replay', 'exact-replay', 'exact']);
});

test('a tail or a frozen prefix that does not fit is refused', () => {
  const refused = (error: unknown): boolean => error instanceof InputError;
  assert.throws(() => planFor(graph, modules, { tail: 6 }), refused);
  assert.throws(() => planFor(graph, modules, { tail: 0 }), refused);
  assert.throws(() => planFor(graph, modules, { tail: 3, frozen: 3 }), refused);
});

test.run();
