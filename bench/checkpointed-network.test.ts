import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { partition } from '#exporters';
import type { FloatModel } from '#exporters';
import { isLayer, sizeOf } from '#runtime';
import { assertClose, engineCases, randomStream, realModel } from '#test-support';

import { openCheckpointedNetwork } from './checkpointed-network.ts';
import { cutForCheckpoints, keptValues } from './checkpoints.ts';
import { openFloatNetwork } from './float-network.ts';

const test = suite('bench/checkpointed-network');

const { model: int8 } = engineCases().find(({ name }) => name.startsWith('residual blocks'))!.input;
const model: FloatModel = { graph: int8.graph, parameters: realModel(int8).layers };

/** float32, after ten steps of the same products. */
const tolerance = 1e-5;

test('runs hold every node once, and need no more than the whole network or one module each', () => {
  const modules = partition(model.graph);
  const cut = cutForCheckpoints(model.graph, modules);
  assert.is(cut[0]!.from, 0);
  assert.is(cut.at(-1)!.to, model.graph.nodes.length);
  for (const [index, { from }] of cut.entries()) {
    if (index > 0) assert.is(from, cut[index - 1]!.to);
  }
  const kept = keptValues(model.graph, cut);
  assert.ok(cut.length > 1);
  assert.ok(kept < keptValues(model.graph, [{ from: 0, to: model.graph.nodes.length }]));
  assert.ok(kept <= keptValues(model.graph, modules));
});

test('it learns what full backpropagation learns', async () => {
  assert.ok(model.graph.nodes.filter(isLayer).length > 3);
  await using whole = await openFloatNetwork(model);
  await using parts = await openCheckpointedNetwork(model);
  const random = randomStream(3);
  const x = Float32Array.from({ length: 4 * sizeOf(model.graph.inputShape) }, () => random() - 0.5);
  const targets = new Float32Array(4 * whole.classes);
  for (let n = 0; n < 4; n++) targets[n * whole.classes + (n % whole.classes)] = 1;
  const before = await whole.predict(x);
  for (let step = 0; step < 10; step++) {
    const rates = { rate: 0.01, clip: 0.05, step, seed: 1 };
    await whole.learn(x, targets, rates);
    await parts.learn(parts.prepare(x), targets, rates);
  }
  const after = await whole.predict(x);
  assertClose(await parts.predict(x), after, tolerance);
  assert.ok(after.some((value, index) => Math.abs(value - before[index]!) > 100 * tolerance));
});

test.run();
