import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { inferShapes } from '#runtime';
import type { Graph, Plan } from '#runtime';
import { engineCases } from '#test-support';

import { learnBytes } from './learn-memory.ts';
import { forwardBytes, planMemory } from './memory-plan.ts';

const test = suite('exporters/memory-plan');

for (const { name, input } of engineCases()) {
  const { model, modules, plan } = input;
  const { graph } = model;
  const shapes = inferShapes(graph);
  const whole = { name: 'model', from: 0, to: graph.nodes.length };

  test(`${name}: learning holds more than predicting, and a part never more than the whole`, () => {
    const all = learnBytes(graph, whole, shapes, { batch: 4 });
    assert.ok(all >= forwardBytes(graph, whole, shapes, 4) / 8);
    for (const module of modules) assert.ok(learnBytes(graph, module, shapes, { batch: 4 }) <= all);
  });

  test(`${name}: bytes grow with the batch, and no faster`, () => {
    const one = learnBytes(graph, whole, shapes, { batch: 1 });
    const four = learnBytes(graph, whole, shapes, { batch: 4 });
    assert.ok(four >= one && four <= 4 * one);
  });

  test(`${name}: a frozen module learns in no memory`, () => {
    const rules = plan.rules.map((rule, index) => (index === 0 ? 'frozen' : rule));
    const frozen: Plan = { ...plan, rules };
    if (frozen.rules.includes('exact')) {
      assert.is(planMemory({ model, modules, plan: frozen }).modules[0]!.learnBytes, 0);
    }
  });
}

function sequence(steps: number): Graph {
  const attributes = {
    cell: 'lstm',
    hiddenSize: 16,
    reverse: false,
    output: 'last',
    initialState: [],
  } as const;
  return {
    inputShape: [steps, 1, 8],
    nodes: [{ name: 'r', operator: 'recurrent', inputs: [0], attributes }],
  };
}

test('a recurrent layer learns in memory that does not grow with its steps, but for its input', () => {
  const bytes = (steps: number, earlier: 'exact' | 'gates' | 'none'): number => {
    const graph = sequence(steps);
    const recurrence = { exactSteps: 8, earlier };
    const module = { name: 'r', from: 0, to: 1 };
    return learnBytes(graph, module, inferShapes(graph), { batch: 4, recurrence });
  };
  // Up to 64 chunks, each a run of its own, and more, several to a run: a loop holds the sums twice more.
  for (const [short, long] of [
    [64, 512],
    [1024, 2048],
  ] as const) {
    const ofInput = 4 * 8 * (long - short);
    for (const earlier of ['gates', 'none'] as const) {
      assert.is(bytes(long, earlier) - bytes(short, earlier), ofInput);
    }
    // A hidden state in 8 bits and a cell state in 32 at each chunk more.
    const ofStates = (4 * 5 * 16 * (long - short)) / 8;
    assert.is(bytes(long, 'exact') - bytes(short, 'exact'), ofInput + ofStates);
  }
  const sums = 4 * 64 * (8 + 16 + 2);
  for (const earlier of ['exact', 'gates'] as const) {
    const ofChunk =
      bytes(520, earlier) - bytes(512, earlier) - (bytes(512, earlier) - bytes(504, earlier));
    assert.is(ofChunk, 2 * sums);
  }
});

test.run();
