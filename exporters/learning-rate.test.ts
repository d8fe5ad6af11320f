import { createHash } from 'node:crypto';

import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { weightShapeOf } from '#runtime';
import type { Graph, Node, Rule } from '#runtime';
import { randomStream } from '#test-support';

import { exportPackage } from './export.ts';
import { learningRateFor } from './learning-rate.ts';
import { GraphBuilder } from './onnx/graph-builder.ts';

const test = suite('exporters/learning-rate');

type Measured = Parameters<typeof learningRateFor>[0];

const [features, classes, count] = [6, 4, 20];

function dense(name: string, outputChannels: number, input: number): Node {
  return {
    name,
    operator: 'dense',
    attributes: { outputChannels, clamp: null },
    inputs: [input],
  };
}

/** Layers on `features` numbers, each a module, with weights and samples from a seed, all multiplied by `size`. */
function measured(
  nodes: readonly Node[],
  { size = 1, inputShape = [1, 1, features] as Graph['inputShape'] } = {},
): Measured {
  const random = randomStream(5);
  const shapes = [inputShape];
  const parameters = new Map<number, { weights: Float32Array; bias: Float32Array }>();
  const draw = (length: number): Float32Array =>
    Float32Array.from({ length }, () => 2 * random() - 1);
  for (const [index, node] of nodes.entries()) {
    if (node.operator !== 'dense' && node.operator !== 'conv') throw new Error(node.operator);
    const shape = weightShapeOf(node, shapes[index]!);
    const weights = draw(shape.reduce((product, extent) => product * extent, 1));
    parameters.set(index, { weights, bias: draw(shape[0]!) });
    const [height, width] = node.operator === 'dense' ? [1, 1] : inputShape;
    shapes.push([height, width, shape[0]!]);
  }
  const [steps] = shapes.at(-1)!;
  const values = inputShape[0] * inputShape[1] * inputShape[2];
  return {
    float: { graph: { inputShape, nodes }, parameters },
    modules: nodes.map(({ name }, index) => ({ name, from: index, to: index + 1 })),
    samples: draw(count * values).map((value) => size * value),
    labels: Array.from({ length: count * steps }, () => 0),
    classes,
  };
}

function rateOf(prepared: Measured, batchSize = 4, rules?: readonly Rule[]): number {
  const all = prepared.modules.map(() => 'exact' as const);
  return learningRateFor(prepared, { rules: rules ?? all, batchSize });
}

/** Two digits are a twentieth at most. */
function assertNear(actual: number, expected: number): void {
  assert.ok(Math.abs(actual / expected - 1) < 0.051, `${actual}, expected ${expected}`);
}

/** Of squared lengths: of what their roots' mean is the root. */
function squaredMean(squares: readonly number[]): number {
  return (squares.reduce((sum, each) => sum + Math.sqrt(each), 0) / squares.length) ** 2;
}

/** Sum of squares of each of `count` samples, and 1 for the bias. */
function squaresOf(samples: Float32Array): number[] {
  const size = samples.length / count;
  return Array.from({ length: count }, (_, n) => {
    const own = samples.subarray(n * size, (n + 1) * size);
    return own.reduce((sum, value) => sum + value * value, 1);
  });
}

/** Of logits `weights` x + `bias`: the mean over samples of their deviation over classes. */
function spreadOf({ samples, float }: Measured): number {
  const { weights, bias } = float.parameters.get(0)!;
  const deviations = Array.from({ length: count }, (_, n) => {
    const x = Array.from(samples.subarray(n * features, (n + 1) * features));
    const logits = Array.from(bias, (b, o) =>
      x.reduce((sum, value, i) => sum + value * weights[o * features + i]!, b),
    );
    const mean = logits.reduce((sum, logit) => sum + logit, 0) / classes;
    const variance = logits.reduce((sum, logit) => sum + (logit - mean) ** 2, 0) / classes;
    return Math.sqrt(variance);
  });
  return deviations.reduce((sum, each) => sum + each, 0) / count;
}

test('one dense layer: the gradient is that of an even softmax, the step in proportion to the logits', () => {
  for (const [size, scale] of [
    [10, 1],
    [30, 1],
    [40, 5],
    [10, 0],
    [20, 0.001],
  ] as const) {
    const prepared = measured([dense('head', classes, 0)], { size });
    const { weights, bias } = prepared.float.parameters.get(0)!;
    for (const each of [weights, bias]) each.forEach((value, i) => (each[i] = scale * value));
    // The gradient of row c is e_c times [x, 1], and |e|^2 = 1 - 1 / C whatever the label.
    const trace = (1 - 1 / classes) * squaredMean(squaresOf(prepared.samples));
    const perSample = Math.min((3 * Math.max(1, spreadOf(prepared))) / trace, 1 / 16);
    assertNear(rateOf(prepared), 4 * perSample);
    assertNear(rateOf(prepared, 16), 16 * perSample);
  }
});

test('small gradients give a sixteenth of the batch', () => {
  const prepared = measured([dense('head', classes, 0)], { size: 0.1 });
  assert.is(rateOf(prepared), 0.25);
  assert.is(rateOf(prepared, 16), 1);
});

test('what is frozen does not count', () => {
  const prepared = measured([dense('first', 5, 0), dense('head', classes, 1)], { size: 20 });
  const { weights, bias } = prepared.float.parameters.get(0)!;
  // Logits of nearly 0, so that the head alone has gradients worth mentioning.
  prepared.float.parameters.get(1)!.weights.forEach((value, i, all) => (all[i] = value / 100));
  const hidden = Array.from({ length: count }, (_, n) => {
    const x = prepared.samples.subarray(n * features, (n + 1) * features);
    const h = Array.from(bias, (b, o) =>
      x.reduce((sum, value, i) => sum + value * weights[o * features + i]!, b),
    );
    return h.reduce((sum, value) => sum + value * value, 1);
  });
  const headOnly = (4 * 3) / ((1 - 1 / classes) * squaredMean(hidden));
  assertNear(rateOf(prepared, 4, ['frozen', 'exact']), headOnly);
  prepared.float.parameters.get(1)!.weights.forEach((value, i, all) => (all[i] = value * 100));
  assert.ok(rateOf(prepared) < 0.9 * rateOf(prepared, 4, ['frozen', 'exact']));
  assert.is(rateOf(prepared, 4, ['feedback-local', 'exact']), rateOf(prepared));
});

test('larger inputs take smaller steps', () => {
  const nodes = [dense('first', 5, 0), dense('head', classes, 1)];
  const rates = [20, 40, 80].map((size) => rateOf(measured(nodes, { size })));
  assert.ok(rates[0]! > 1.5 * rates[1]! && rates[1]! > 1.5 * rates[2]!, String(rates));
});

test('of labels only those that are not judged matter, and rows of spare classes not at all', () => {
  const prepared = measured([dense('head', classes, 0)], { size: 20 });
  const labels = prepared.labels.map((_, index) => index % classes);
  assert.is(rateOf({ ...prepared, labels }), rateOf(prepared));
  const wide = measured([dense('head', classes + 3, 0)], { size: 20 });
  const { weights, bias } = wide.float.parameters.get(0)!;
  weights.fill(0).set(prepared.float.parameters.get(0)!.weights);
  bias.fill(-(2 ** 30)).set(prepared.float.parameters.get(0)!.bias);
  assertNear(rateOf({ ...wide, samples: prepared.samples }), rateOf(prepared));
});

test('logits of steps count as their mean, and steps that are not judged not at all', () => {
  const one: Node = {
    name: 'each',
    operator: 'conv',
    attributes: {
      window: { kernel: [1, 1], stride: [1, 1], dilation: [1, 1], pads: [0, 0, 0, 0] },
      outputChannels: classes,
      groups: 1,
      clamp: null,
    },
    inputs: [0],
  };
  // Each step reads the same number in one feature of its own, so gradients of steps do not overlap but in the bias.
  const steps = 3;
  const prepared = measured([one], { inputShape: [steps, 1, features] });
  // Logits of 0: what is measured is gradients.
  for (const each of Object.values(prepared.float.parameters.get(0)!)) each.fill(0);
  const samples = prepared.samples.map((_, i) =>
    i % features === Math.floor(i / features) % steps ? 30 : 0,
  );
  const expected = (4 * 3) / ((1 - 1 / classes) * 900);
  assertNear(rateOf({ ...prepared, samples }), expected);
  const labels = prepared.labels.map((_, index) => (index % steps === 1 ? -1 : 0));
  const skipped = samples.map((value, i) => (Math.floor(i / features) % steps === 1 ? 1e6 : value));
  assertNear(rateOf({ ...prepared, samples: skipped, labels }), expected);
});

test('a few labelled samples among many decide alone, and none at all is an error', () => {
  const prepared = measured([dense('head', classes, 0)], { size: 20 });
  const { samples } = prepared;
  const few = [3, 17];
  const labels = prepared.labels.map((_, index) => (few.includes(index) ? 1 : -1));
  const own = few.map((n) => samples.slice(n * features, (n + 1) * features));
  const alone = Float32Array.from(own.flatMap((each) => Array.from(each)));
  assertNear(
    rateOf({ ...prepared, labels }),
    rateOf({ ...prepared, samples: alone, labels: [1, 1] }),
  );
  const none = prepared.labels.map(() => -1);
  assert.throws(
    () => rateOf({ ...prepared, labels: none }),
    /calibration labels: expected some that are not -1.*got none of 20/,
  );
});

test('an export takes it where no rate is given, says so, and is the same each time', async () => {
  const sha256 = (bytes: Uint8Array): Promise<Uint8Array> =>
    Promise.resolve(new Uint8Array(createHash('sha256').update(bytes).digest()));
  const many = 400;
  const g = new GraphBuilder();
  const input = g.input('x', 'float32', ['n', many]);
  const weights = Float32Array.from({ length: many * classes }, (_, i) => Math.sin(i) / 100);
  const head = g.constant('head', weights, [many, classes]);
  g.output(g.node('MatMul', [input, head]), 'float32', ['n', classes]);
  const onnx = g.build();
  // Small enough not to be divided: the model takes them as they are.
  const random = randomStream(6);
  const x = Float32Array.from({ length: count * many }, () => 3 * random() - 1.5);
  const stages = new Set<string>();
  const onProgress = (stage: string): void => void stages.add(stage);
  const options = { calibration: { x }, sha256, plan: { batchSize: 32 } };
  const made = await exportPackage(onnx, { ...options, onProgress });
  const { learningRate } = made.content.plan;
  assert.ok(learningRate < 2, 'not the most that it can be');
  assertNear(learningRate, (32 * 3) / ((1 - 1 / classes) * squaredMean(squaresOf(x))));
  assert.ok(stages.has('learning rate'));
  const again = await exportPackage(onnx, options);
  assert.equal(again.bytes, made.bytes);
  const given = await exportPackage(onnx, { ...options, plan: { learningRate: 0.5 } });
  assert.is(given.content.plan.learningRate, 0.5);
});

test.run();
