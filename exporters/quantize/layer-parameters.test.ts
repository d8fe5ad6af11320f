import * as fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { quantizeLayer } from './layer-parameters.ts';

const test = suite('exporters/quantize/layer-parameters');

const real = fc.float({ min: -1000, max: 1000, noNaN: true });
const layers = fc
  .tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 5 }))
  .chain(([outputs, fan]) =>
    fc.record({
      weights: fc.float32Array({
        minLength: outputs * fan,
        maxLength: outputs * fan,
        min: -8,
        max: 8,
        noNaN: true,
      }),
      bias: fc
        .array(real, { minLength: outputs, maxLength: outputs })
        .map((b) => Float32Array.from(b)),
    }),
  );
const limits = fc.constantFrom<64 | 127>(64, 127);

test('weights stay within the limit and half a step of the real ones; biases within half a step', () => {
  fc.assert(
    fc.property(
      layers,
      limits,
      fc.float({ min: Math.fround(1e-6), max: 10, noNaN: true }),
      (layer, weightLimit, inputScale) => {
        const { weights, bias, weightScales } = quantizeLayer(layer, {
          inputScale,
          weightLimit,
          onNote: () => {},
        });
        const fan = weights.length / bias.length;
        for (const [i, weight] of weights.entries()) {
          const scale = weightScales[Math.floor(i / fan)]!;
          assert.ok(Math.abs(weight) <= weightLimit);
          assert.ok(scale >= 2 ** -40 && Number.isFinite(scale));
          assert.ok(Math.abs(weight * scale - layer.weights[i]!) <= scale * 0.50001);
        }
        for (const [o, b] of bias.entries()) {
          const scale = inputScale * weightScales[o]!;
          assert.ok(Math.abs(b) <= 2 ** 30);
          assert.ok(
            Math.abs(b * scale - layer.bias[o]!) <= scale * 0.5 + Math.abs(layer.bias[o]!) * 1e-6,
          );
        }
      },
    ),
    { seed: 8 },
  );
});

test('the largest weight of each output uses the whole range', () => {
  const layer = { weights: Float32Array.of(0.5, -1, 20, 10), bias: new Float32Array(2) };
  const { weights, weightScales } = quantizeLayer(layer, {
    inputScale: 1,
    weightLimit: 64,
    onNote: () => {},
  });
  assert.equal([...weights], [32, -64, 64, 32]);
  assert.equal([...weightScales], [1 / 64, 20 / 64].map(Math.fround));
});

test('a spare output of zeros takes the scale of the others', () => {
  const layer = { weights: Float32Array.of(1, 0, 2, 3), bias: new Float32Array(4) };
  const { weightScales } = quantizeLayer(layer, {
    inputScale: 1,
    weightLimit: 127,
    onNote: () => {},
  });
  assert.is(weightScales[1], weightScales[2]);
});

test('a bias that would overflow makes its own output coarser, and says so', () => {
  const notes: string[] = [];
  const layer = { weights: Float32Array.of(1e-9, 1), bias: Float32Array.of(5, 5) };
  const options = {
    inputScale: 1e-3,
    weightLimit: 64 as const,
    onNote: (note: string) => notes.push(note),
  };
  const { bias, weightScales } = quantizeLayer(layer, options);
  assert.is(notes.length, 1);
  assert.match(notes[0]!, /^output 0: the bias 5 /);
  for (const o of [0, 1]) {
    assert.ok(Math.abs(bias[o]! * weightScales[o]! * 1e-3 - 5) < 1e-4);
  }
});

test.run();
