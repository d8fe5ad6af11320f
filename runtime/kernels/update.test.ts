import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import type { StepRates } from '../engine.ts';
import { EngineError } from '../errors.ts';
import type { LayerGradient } from './layer-kernel.ts';
import { applyUpdates, layerNorms, updateLayer } from './update.ts';
import type { UpdatedLayer } from './update.ts';

const test = suite('runtime/kernels/update');

const unclipped: StepRates = { rate: 1, clip: Infinity, ratio: 1, step: 0, seed: 1 };

/** Two rows of `perRow` weights with scales 1/4 and 1/2, so that real steps are exact. */
function layerOf(perRow: number, weights = 0): UpdatedLayer {
  return {
    index: 3,
    name: 'conv1',
    parameters: {
      weights: new Int8Array(2 * perRow).fill(weights),
      bias: Int32Array.of(100, -100),
      weightScales: Float32Array.of(0.25, 0.5),
    },
    inputScale: 0.5,
    norms: { weights: 1, bias: 1 },
    weightLimit: 64,
    firstNoise: 0,
  };
}

function gradientOf(perRow: number, value: number, errorScale: number): LayerGradient {
  const weights = new Int32Array(2 * perRow).fill(value);
  return { weights, bias: Int32Array.of(value, value), errorScale };
}

test('a whole step is the real step over the weight scale', () => {
  const { weights, bias } = updateLayer(layerOf(3), gradientOf(3, 8, 1), unclipped);
  // real step 8 * 1 * 0.5 = 4; bias: real 8, at scale 0.125 and 0.25
  assert.equal([...weights], [-16, -16, -16, -8, -8, -8]);
  assert.equal([...bias], [100 - 64, -100 - 32]);
});

test('rate and ratio scale the step', () => {
  const rates = { ...unclipped, rate: 0.5, ratio: 0.5 };
  assert.equal([...updateLayer(layerOf(1), gradientOf(1, 8, 1), rates).weights], [-4, -2]);
});

for (const wanted of [0.013, 0.25, 0.5, 0.0004]) {
  test(`steps of ${wanted} of a quantum add up to the real step`, () => {
    const [perRow, steps] = [64, 4096];
    const layer = layerOf(perRow);
    // A is 1 everywhere; row 0 has scale 1/4, and s_x is 1/2.
    const gradient = gradientOf(perRow, 1, wanted * 0.25 * 2);
    let moved = 0;
    for (let step = 0; step < steps; step++) {
      const next = updateLayer(layer, gradient, { ...unclipped, step });
      for (let i = 0; i < perRow; i++) moved -= next.weights[i]!;
    }
    const mean = moved / (steps * perRow);
    // The counter visits the quantum almost evenly: to about one visit in a period.
    assert.ok(Math.abs(mean - wanted) < 2 / steps, `${mean}`);
  });
}

test('a weight that walks by small steps ends where the real one does', () => {
  const layer = layerOf(32, 40);
  const gradient = gradientOf(32, 1, 0.013 * 0.25 * 2);
  for (let step = 0; step < 1000; step++) {
    applyUpdates([updateLayer(layer, gradient, { ...unclipped, step })]);
  }
  const { weights } = layer.parameters;
  // The counter's visits to a small part of the quantum never differ by more than one or two.
  weights.subarray(0, 32).forEach((weight) => assert.ok(Math.abs(weight - (40 - 13)) <= 1));
});

test('the step of a layer is at most clip times its exported norm', () => {
  const perRow = 500;
  const layer = { ...layerOf(perRow), norms: { weights: 100, bias: 1 } };
  const { weights } = updateLayer(layer, gradientOf(perRow, 1000, 1), { ...unclipped, clip: 0.5 });
  const scales = layer.parameters.weightScales;
  const real = Math.hypot(...Array.from(weights, (w, i) => w * scales[i < perRow ? 0 : 1]!));
  assert.ok(Math.abs(real - 50) < 0.5, String(real));
});

test('the ratio applies after the clip', () => {
  const rates = { ...unclipped, clip: 1e-3, ratio: 0.5 };
  const layer = { ...layerOf(500), norms: { weights: 1e5, bias: 1 } };
  const { weights } = updateLayer(layer, gradientOf(500, 1000, 1), rates);
  const scales = layer.parameters.weightScales;
  const real = Math.hypot(...Array.from(weights, (w, i) => w * scales[i < 500 ? 0 : 1]!));
  assert.ok(Math.abs(real - 50) < 0.5, String(real));
});

test('weights stay within the limit, on both sides', () => {
  const up = updateLayer(layerOf(1, 60), gradientOf(1, -100, 1), unclipped);
  const down = updateLayer(
    { ...layerOf(1, -60), weightLimit: 127 },
    gradientOf(1, 200, 1),
    unclipped,
  );
  assert.equal([...up.weights], [64, 64]);
  assert.equal([...down.weights], [-127, -127]);
});

test('the same seed and step give the same weights, others do not', () => {
  const gradient = gradientOf(200, 1, 0.2);
  const at = (rates: Partial<StepRates>, index = 3): string =>
    updateLayer({ ...layerOf(200), index }, gradient, { ...unclipped, ...rates }).weights.join();
  assert.is(at({}), at({}));
  assert.is.not(at({ step: 1 }), at({}));
  assert.is.not(at({ seed: 2 }), at({}));
  assert.is.not(at({}, 4), at({}));
});

test('nothing is written until it is asked for', () => {
  const layer = layerOf(2);
  const update = updateLayer(layer, gradientOf(2, 8, 1), unclipped);
  assert.equal([...layer.parameters.weights], [0, 0, 0, 0]);
  applyUpdates([update]);
  assert.equal([...layer.parameters.weights], [-16, -16, -8, -8]);
  assert.equal([...layer.parameters.bias], [36, -132]);
});

test('no gradient is no change, whatever the clip', () => {
  const update = updateLayer(layerOf(50, 7), gradientOf(50, 0, 1), { ...unclipped, clip: 0 });
  assert.ok(update.weights.every((weight) => weight === 7));
});

test('a step that is not finite is refused, with the name of the layer', () => {
  const overflow = (): unknown =>
    updateLayer(layerOf(1), gradientOf(1, 8, 1e30), { ...unclipped, rate: 1e30 });
  assert.throws(
    overflow,
    (error: unknown) => error instanceof EngineError && /^conv1: .*step/.test(error.message),
  );
});

test('a bias that would leave int32 is refused', () => {
  const rates = { ...unclipped, rate: 1e9 };
  assert.throws(() => updateLayer(layerOf(1), gradientOf(1, 8, 1), rates), /conv1: .*int32/);
});

test('norms are of the real weights and bias', () => {
  const { parameters } = layerOf(1, 4);
  const norms = layerNorms(parameters, 0.5);
  assert.is(norms.weights, Math.fround(Math.sqrt(1 + 4) + 0.001));
  assert.is(norms.bias, Math.fround(Math.sqrt(12.5 ** 2 + 25 ** 2) + 0.1));
});

test('a row without weights counts nothing, whatever its bias: so a spare class changes no step', () => {
  const { parameters } = layerOf(1, 4);
  const { weights, bias, weightScales } = parameters;
  const spare = {
    weights: Int8Array.of(...weights, ...weights.map(() => 0)),
    bias: Int32Array.of(...bias, ...bias.map(() => -(2 ** 30))),
    weightScales: Float32Array.of(...weightScales, ...weightScales),
  };
  assert.equal(layerNorms(spare, 0.5), layerNorms(parameters, 0.5));
});

test.run();
