import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import type { Graph, Model, Node } from '#runtime';
import { layerParameters } from '#test-support';

import type { FloatModel } from '../float/model.ts';
import type { FloatValues } from '../float/run.ts';
import { runFloat } from '../float/run.ts';
import { dequantize } from './dequantize.ts';
import { observeRanges } from './observe.ts';
import { quantize } from './quantize.ts';
import { roundHalfEven } from './round-half-even.ts';

const test = suite('exporters/quantize/quantize');

/** Sums of uniform numbers, near enough to normal, reproducible. */
function normal(length: number, seed: number): Float32Array {
  let state = seed;
  return new Float32Array(length).map(() => {
    let sum = 0;
    for (let i = 0; i < 12; i++) {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      sum += state / 2 ** 32;
    }
    return sum - 6;
  });
}

const relu = { minimum: 0, maximum: Infinity };
const conv = (name: string, input: number, clamp: typeof relu | null, groups = 1): Node => ({
  name,
  operator: 'conv',
  inputs: [input],
  attributes: {
    window: { kernel: [3, 3], stride: [1, 1], dilation: [1, 1], pads: [1, 1, 1, 1] },
    outputChannels: 8,
    groups,
    clamp,
  },
});
const pool = { kernel: [2, 2], stride: [2, 2], dilation: [1, 1], pads: [0, 0, 0, 0] } as const;
const nodes: Node[] = [
  conv('stem', 0, relu),
  conv('inner', 1, { minimum: 0, maximum: 6 }),
  conv('outer', 2, null, 8),
  { name: 'sum', operator: 'add', inputs: [3, 1], attributes: { clamp: relu } },
  { name: 'pool', operator: 'maxPool', inputs: [4], attributes: { window: pool } },
  conv('swish-input', 5, null),
  {
    name: 'swish',
    operator: 'lookup',
    inputs: [6],
    attributes: { activation: 'hardSwish', parameters: [] },
  },
  { name: 'join', operator: 'concat', inputs: [7, 5], attributes: {} },
  {
    name: 'mean',
    operator: 'averagePool',
    inputs: [8],
    attributes: { window: { ...pool, kernel: [4, 4] }, countPadding: false },
  },
  { name: 'head', operator: 'dense', inputs: [9], attributes: { outputChannels: 5, clamp: null } },
];
const graph: Graph = { inputShape: [8, 8, 3], nodes };

function floatModel(): FloatModel {
  const parameters = layerParameters(graph, ({ index, rows, fan }) => ({
    weights: normal(rows * fan, index + 1).map((w) => w * Math.sqrt(2 / fan)),
    bias: normal(rows, index + 50).map((b) => b / 5),
  }));
  return { graph, parameters };
}

/** The quantised model in real numbers: its weights, and every value rounded to its steps. */
function runQuantized(model: Model, input: Float32Array): FloatValues {
  return runFloat(dequantize(model), input, {
    onValue: (value, data) => {
      const steps = model.quantization[value] ?? null;
      if (steps === null) return;
      for (let i = 0; i < data.length; i++) {
        const q = roundHalfEven(data[i]! / steps.scale) + steps.zeroPoint;
        data[i] = steps.scale * (Math.max(0, Math.min(255, q)) - steps.zeroPoint);
      }
    },
  });
}

/** Signal over error, decibels. */
function signalToError(expected: ArrayLike<number>, actual: ArrayLike<number>): number {
  let [signal, error] = [0, 0];
  for (let i = 0; i < expected.length; i++) {
    signal += expected[i]! ** 2;
    error += (expected[i]! - actual[i]!) ** 2;
  }
  return 10 * Math.log10(signal / error);
}

const model = floatModel();
const samples = normal(64 * 192, 99);
const ranges = observeRanges(model, samples);

for (const [weightLimit, floor] of [
  [64, 26],
  [127, 28],
] as const) {
  test(`every value of a small net keeps ${floor} dB at limit ${weightLimit}`, () => {
    const quantized = quantize(model, ranges, { weightLimit });
    const fresh = normal(16 * 192, 7);
    const exact = runFloat(model, fresh);
    const rounded = runQuantized(quantized, fresh.slice());
    for (let value = 0; value < ranges.length; value++) {
      const ratio = signalToError(exact.get(value)!, rounded.get(value)!);
      const name = value === 0 ? 'input' : nodes[value - 1]!.name;
      assert.ok(ratio > floor, `${name}: ${ratio.toFixed(1)} dB`);
    }
  });
}

test('a quantised model is complete: every layer, every lookup, every value but the logits', () => {
  const { layers, lookups, quantization } = quantize(model, ranges);
  assert.equal([...layers.keys()], [0, 1, 2, 5, 9]);
  assert.equal([...lookups.keys()], [6]);
  assert.equal(
    quantization.map((steps) => steps === null),
    [...Array.from(nodes, () => false), true],
  );
});

test('notes name the layer', () => {
  const parameters = new Map(model.parameters);
  parameters.set(9, {
    weights: new Float32Array(80).fill(1e-9),
    bias: new Float32Array(5).fill(1),
  });
  const notes: string[] = [];
  quantize({ graph, parameters }, ranges, { onNote: (note) => notes.push(note) });
  assert.is(notes.length, 5);
  assert.match(notes[4]!, /^head: output 4: /);
});

test('observing reports progress, and a value that is not finite is named', () => {
  const done: number[] = [];
  observeRanges(model, samples, {
    batchSize: 24,
    onProgress: (progress) => done.push(progress.done),
  });
  assert.equal(done, [24, 48, 64]);
  const broken = new Map(model.parameters);
  broken.set(5, { ...model.parameters.get(5)!, bias: new Float32Array(8).fill(Number.NaN) });
  assert.throws(
    () => observeRanges({ graph, parameters: broken }, samples),
    /^swish-input: expected finite/,
  );
});

test('the percentile observer leaves outliers out and adds headroom; the input keeps its range', () => {
  const outlier = samples.slice();
  outlier[5] = 1000;
  const observer = { kind: 'percentile', percent: 99, headroom: 1.1 } as const;
  const [input, stem] = observeRanges(model, outlier, { observer });
  const everything = observeRanges(model, outlier, { observer: { kind: 'minMax' } });
  assert.is(input!.maximum, 1000);
  assert.ok(everything[1]!.maximum > 100);
  assert.ok(stem!.maximum < 2 * ranges[1]!.maximum && stem!.maximum > ranges[1]!.maximum / 2);
});

test('ranges that are not of this graph are refused', () => {
  assert.throws(() => quantize(model, ranges.slice(1)), /expected 11 ranges, got 10/);
});

test.run();
