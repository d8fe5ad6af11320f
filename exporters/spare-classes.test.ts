import * as fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { expTable, InputError, layerNorms } from '#runtime';
import type { LayerParameters, Model } from '#runtime';

import { addSpareClasses } from './spare-classes.ts';

const test = suite('exporters/spare-classes');

/** A head alone: what it reads, its rows, and whatever scales it was exported with. */
function headOf(layer: LayerParameters, inputScale: number, groups = 0): Model {
  const outputChannels = layer.bias.length;
  const fan = layer.weights.length / outputChannels;
  const window = { kernel: [1, 1], stride: [1, 1], dilation: [1, 1], pads: [0, 0, 0, 0] } as const;
  const head =
    groups === 0
      ? ({ operator: 'dense', attributes: { outputChannels, clamp: null } } as const)
      : ({
          operator: 'conv',
          attributes: { window, outputChannels, groups, clamp: null },
        } as const);
  return {
    graph: {
      inputShape: [1, 1, fan * Math.max(1, groups)],
      nodes: [{ name: 'head', ...head, inputs: [0] }],
    },
    quantization: [{ scale: Math.fround(inputScale), zeroPoint: 0 }, null],
    layers: new Map([[0, layer]]),
    lookups: new Map(),
    weightLimit: 127,
  };
}

function floatOf(model: Model): Parameters<typeof addSpareClasses>[0]['float'] {
  const { weights, bias } = model.layers.get(0)!;
  const parameters = { weights: Float32Array.from(weights), bias: Float32Array.from(bias) };
  return { graph: model.graph, parameters: new Map([[0, parameters]]) };
}

const heads = fc
  .tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 6 }))
  .chain(([rows, fan]) =>
    fc.record({
      weights: fc
        .array(fc.integer({ min: -127, max: 127 }), {
          minLength: rows * fan,
          maxLength: rows * fan,
        })
        .map((values) => Int8Array.from(values)),
      bias: fc
        .array(fc.integer({ min: -(2 ** 20), max: 2 ** 20 }), { minLength: rows, maxLength: rows })
        .map((values) => Int32Array.from(values)),
      weightScales: fc
        .array(fc.double({ min: -9, max: 2, noNaN: true }), { minLength: rows, maxLength: rows })
        .map((powers) => Float32Array.from(powers, (power) => 10 ** power)),
    }),
  );

test('a spare row has a softmax of exactly 0 for any input, whatever the scales', () => {
  fc.assert(
    fc.property(
      heads,
      fc.double({ min: -9, max: 2, noNaN: true }),
      fc.array(fc.integer({ min: 0, max: 255 }), { minLength: 6, maxLength: 6 }),
      (layer, power, input) => {
        const model = headOf(layer, 10 ** power);
        const grown = addSpareClasses({ float: floatOf(model), model }, 3).model;
        const { weights, bias, weightScales } = grown.layers.get(0)!;
        const fan = weights.length / bias.length;
        const { scale } = model.quantization[0]!;
        const logits = Array.from(bias, (b, o) => {
          const row = weights.subarray(o * fan, (o + 1) * fan);
          const sum = row.reduce((total, weight, i) => total + weight * input[i]!, b);
          return Math.fround(Math.fround(sum) * Math.fround(scale * weightScales[o]!));
        });
        const best = Math.max(...logits);
        for (const logit of logits.slice(-3)) {
          assert.ok(Number.isFinite(logit));
          assert.is(expTable[Math.min(4095, Math.round((best - logit) * 256))], 0);
        }
      },
    ),
    { seed: 3, numRuns: 500 },
  );
});

test('rows, norms and arrays of the model are as they were; the spare ones stand behind them', () => {
  const layer = {
    weights: Int8Array.of(1, 2, 3, -4),
    bias: Int32Array.of(5, 6),
    weightScales: Float32Array.of(0.5, 0.25),
  };
  const model = headOf(layer, 0.125);
  const { float, model: grown } = addSpareClasses({ float: floatOf(model), model }, 2);
  const { weights, bias, weightScales } = grown.layers.get(0)!;
  assert.equal([...weights], [1, 2, 3, -4, 0, 0, 0, 0]);
  assert.equal([...bias], [5, 6, -(2 ** 30), -(2 ** 30)]);
  assert.equal([...weightScales], [0.5, 0.25, 0.5, 0.5]);
  assert.equal(layerNorms(grown.layers.get(0)!, 0.125), layerNorms(layer, 0.125));
  assert.equal([...float.parameters.get(0)!.weights], [1, 2, 3, -4, 0, 0, 0, 0]);
  assert.equal([...float.parameters.get(0)!.bias].slice(0, 2), [5, 6]);
  assert.equal(model.layers.get(0), layer);
  assert.is(model.graph.nodes[0]!.operator === 'dense' && layer.bias.length, 2);
});

test('none asked for is the same model; a head of groups cannot have more rows', () => {
  const layer = {
    weights: Int8Array.of(1, 2),
    bias: Int32Array.of(0, 0),
    weightScales: Float32Array.of(1, 1),
  };
  const model = headOf(layer, 1, 2);
  const float = floatOf(model);
  assert.is(addSpareClasses({ float, model }, 0).model, model);
  assert.throws(
    () => addSpareClasses({ float, model }, 1),
    (error: unknown) =>
      error instanceof InputError && /^spareClasses: .*export with 0/.test(error.message),
  );
});

test.run();
