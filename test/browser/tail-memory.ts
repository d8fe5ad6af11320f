// What a tail takes on the GPU while it learns: no gradient that need not be, and not all of its values at once.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { copyParameters, inferShapes, openKernelEngine, sizeOf } from '#runtime';
import type { Engine, EngineInput, LayerParameters, StepRates } from '#runtime';

import { openWebglEngine } from '../../targets/browser/engine/open-webgl-engine.ts';
import { texelsOf } from '../../targets/browser/engine/site.ts';
import { assertSame } from '../support/assert-same.ts';
import { casesOf } from '../support/engine-cases.ts';
import type { CaseModel } from '../support/engine-cases.ts';
import { windowOf } from '../support/random-model.ts';

const test = suite('targets/browser/engine memory of a tail');
const rates: StepRates = { rate: 0.1, clip: 0.05, ratio: 1, step: 0, seed: 1 };
const batch = 4;
const classes = 5;
const blocks = 16;
const same = windowOf(3, { pads: [1, 1, 1, 1] });

const fork: CaseModel = {
  shape: [24, 24, 3],
  plans: [[['exact', 'exact', 'exact']]],
  build(model) {
    const x = model.conv(0, { outputChannels: 8, window: same, clamp: 'relu' });
    model.cut();
    const halving = windowOf(3, { stride: 2, pads: [1, 1, 1, 1] });
    const y = model.conv(x, { outputChannels: 8, window: halving, clamp: 'relu' });
    const skipped = model.conv(x, { outputChannels: 8, window: windowOf(1, { stride: 2 }) });
    const sum = model.add(y, skipped, 'relu');
    model.cut();
    model.logits(model.averagePool(sum, windowOf(12)), classes);
    model.cut();
  },
};

const longTail: CaseModel = {
  shape: [12, 12, 8],
  plans: [[Array.from({ length: blocks + 1 }, () => 'exact' as const)]],
  build(model) {
    let x = 0;
    for (let block = 0; block < blocks; block++) {
      const y = model.conv(x, { outputChannels: 8, window: same, clamp: 'relu' });
      x = model.add(model.conv(y, { outputChannels: 8, window: same }), x, 'relu');
      model.cut();
    }
    model.logits(model.averagePool(x, windowOf(12)), classes);
    model.cut();
  },
};

function opened(model: CaseModel): EngineInput & { parameters: Map<number, LayerParameters> } {
  const [found] = casesOf({ model }, 7);
  const parameters = copyParameters(found!.input.model.layers);
  return { ...found!.input, parameters, programs: new Map() };
}

async function step(engine: Engine, { model }: EngineInput): Promise<Float32Array> {
  const length = batch * sizeOf(model.graph.inputShape);
  const input = engine.upload(
    Uint8Array.from({ length }, (_, i) => (i * 97 + (i >> 4)) % 256),
    batch,
  );
  const targets = Float32Array.from({ length: batch * classes }, (_, i) =>
    Number(i % classes === 1),
  );
  const { logits, error, inputGradient } = await engine.learnTail(0, input, targets, rates);
  for (const owned of [input, error, inputGradient]) owned?.dispose();
  await engine.pull();
  return logits;
}

/** Most bytes of a step over those before it, where that step does as the kernels' does. */
async function peakOf(model: CaseModel): Promise<number> {
  const [own, other] = [opened(model), opened(model)];
  await using engine = await openWebglEngine(own);
  await using kernels = await openKernelEngine(other);
  const { ledger } = engine.gpu;
  const before = ledger.bytes;
  ledger.peakBytes = before;
  assertSame(await step(engine, own), await step(kernels, other), 'logits');
  for (const [node, { weights, bias }] of other.parameters) {
    assertSame(own.parameters.get(node)!.weights, weights, `weights of ${node}`);
    assertSame(own.parameters.get(node)!.bias, bias, `bias of ${node}`);
  }
  return ledger.peakBytes - before;
}

/** Bytes of the values that the nodes make, 16 a texel; of gradients, four times as many. */
function valueBytes(model: CaseModel): number[] {
  const shapes = inferShapes(opened(model).model.graph).slice(1);
  return shapes.map((shape) => 16 * texelsOf(shape, batch));
}

test('the gradients that two layers give a value are not held apart', async () => {
  const [forked = 0] = valueBytes(fork);
  assert.ok((await peakOf(fork)) < 2 * 4 * forked);
});

test('a long tail does not hold all its values', async () => {
  const all = valueBytes(longTail).reduce((sum, bytes) => sum + bytes, 0);
  assert.ok((await peakOf(longTail)) < all);
});

test.run();
