import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { inferShapes } from '#runtime';
import type { Plan } from '#runtime';
import { engineCases } from '#test-support';

import { forwardBytes, learnBytes, planMemory } from './memory-plan.ts';

const test = suite('exporters/memory-plan');

for (const { name, input } of engineCases()) {
  const { model, modules, plan } = input;
  const { graph } = model;
  const shapes = inferShapes(graph);
  const whole = { name: 'model', from: 0, to: graph.nodes.length };

  test(`${name}: learning holds more than predicting, and a part never more than the whole`, () => {
    const all = learnBytes(graph, whole, shapes, 4);
    assert.ok(all >= forwardBytes(graph, whole, shapes, 4) / 8);
    for (const module of modules) assert.ok(learnBytes(graph, module, shapes, 4) <= all);
  });

  test(`${name}: bytes grow with the batch, and no faster`, () => {
    const one = learnBytes(graph, whole, shapes, 1);
    const four = learnBytes(graph, whole, shapes, 4);
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

test.run();
