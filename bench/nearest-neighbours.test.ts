import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { assemble, prepareImported } from '#exporters';
import { argmax, sizeOf } from '#runtime';
import type { PackageContent } from '#runtime';
import { engineCases, randomStream, realModel } from '#test-support';

import { armNamed, planOptionsOf } from './arms.ts';
import { openNearestNeighbours } from './nearest-neighbours.ts';
import { openOnward } from './onward-trainee.ts';

const test = suite('bench/nearest-neighbours');

const { model: int8 } = engineCases().find(({ name }) => name.startsWith('residual blocks'))!.input;
const count = 12;
const size = sizeOf(int8.graph.inputShape);
const random = randomStream(5);
const x = Float32Array.from({ length: count * size }, () => 2 * random() - 1);

function content(): PackageContent {
  const { graph } = int8;
  const imported = {
    graph,
    parameters: realModel(int8).layers,
    inputLayout: 'nhwc',
    softmax: false,
    quantized: null,
    notes: [],
  } as unknown as Parameters<typeof prepareImported>[0];
  const prepared = prepareImported(imported, { calibration: { x } });
  const { modules } = prepared;
  const plan = planOptionsOf(armNamed('nearest neighbours'), { graph, modules, batchSize: 4 });
  const provenance = {
    source: 'test',
    sourceSha256: '0'.repeat(64),
    exporter: 'test',
    calibrationSamples: count,
    floatAccuracy: null,
    int8Accuracy: null,
    alignment: [],
  };
  return { ...assemble(prepared, { plan }), provenance };
}

/** Label n % classes for sample n. */
async function shown(neighbours: number): Promise<readonly number[]> {
  await using trainee = await openNearestNeighbours(content(), neighbours);
  const { classes } = trainee;
  const targets = new Float32Array(count * classes);
  for (let n = 0; n < count; n++) targets[n * classes + (n % classes)] = 1;
  const rates = { rate: 0, clip: 0, step: 0, seed: 0 };
  await trainee.learn(trainee.prepare(x), targets, rates);
  const scores = await trainee.predict(x);
  return Array.from({ length: count }, (_, n) => argmax(scores, n * classes, classes));
}

test('until it was shown something, the base model answers', async () => {
  await using trainee = await openNearestNeighbours(content(), 1);
  await using base = await openOnward(content());
  assert.equal(await trainee.predict(x), await base.predict(x));
});

test('the nearest of what it was shown is the example itself', async () => {
  const classes = content().labels.length;
  assert.equal(
    await shown(1),
    Array.from({ length: count }, (_, n) => n % classes),
  );
});

test('with all examples as neighbours, a class with more of them wins everywhere', async () => {
  const classes = content().labels.length;
  // 12 samples over 5 classes: classes 0 and 1 have three each, the others two.
  assert.is(classes, 5);
  assert.equal(
    [...new Set(await shown(count))].filter((label) => label > 1),
    [],
  );
});

test.run();
