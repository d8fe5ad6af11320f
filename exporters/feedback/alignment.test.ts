import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import type { Node, Rule } from '#runtime';
import { oneHot } from '#runtime';
import { layerParameters } from '#test-support';

import { backpropagate } from '../float/backpropagate.ts';
import type { FloatModel } from '../float/model.ts';
import { outputOf, runFloat } from '../float/run.ts';
import { softmaxCrossEntropy } from '../float/softmax-cross-entropy.ts';
import { partition } from '../partition.ts';
import { measureAlignment } from './alignment.ts';
import { calibrateFeedback } from './calibrate.ts';
import type { FormOptions } from './form.ts';
import { feedbackForms } from './form.ts';
import { uniform } from './hash.ts';
import { randomFeedback } from './random.ts';
import type { LabelledSamples } from './signals.ts';

const test = suite('exporters/feedback/alignment');

const classes = 4;
const side = 8;
const relu = { minimum: 0, maximum: Infinity };
const conv = (
  name: string,
  input: number,
  options: { stride?: number; clamp?: typeof relu | null; channels?: number } = {},
): Node => {
  const { stride = 1, clamp = relu, channels = 8 } = options;
  return {
    name,
    operator: 'conv',
    inputs: [input],
    attributes: {
      window: { kernel: [3, 3], stride: [stride, stride], dilation: [1, 1], pads: [1, 1, 1, 1] },
      outputChannels: channels,
      groups: 1,
      clamp,
    },
  };
};
const add = (name: string, a: number, b: number): Node => ({
  name,
  operator: 'add',
  inputs: [a, b],
  attributes: { clamp: relu },
});
const pool = { kernel: [4, 4], stride: [4, 4], dilation: [1, 1], pads: [0, 0, 0, 0] } as const;
const nodes: Node[] = [
  conv('stem', 0),
  conv('a1', 1),
  conv('a2', 2, { clamp: null }),
  add('a', 3, 1),
  conv('down', 4, { stride: 2, channels: 12 }),
  conv('b1', 5, { channels: 12 }),
  conv('b2', 6, { clamp: null, channels: 12 }),
  add('b', 7, 5),
  {
    name: 'mean',
    operator: 'averagePool',
    inputs: [8],
    attributes: { window: pool, countPadding: false },
  },
  {
    name: 'head',
    operator: 'dense',
    inputs: [9],
    attributes: { outputChannels: classes, clamp: null },
  },
];
const graph = { inputShape: [side, side, 1] as const, nodes };

/** Bars of four directions at random places, under noise. */
function bars(count: number, seed: number): LabelledSamples {
  const samples = new Float32Array(count * side * side);
  const labels = Array.from({ length: count }, (_, n) => n % classes);
  for (const [n, label] of labels.entries()) {
    const offset = Math.floor((uniform(seed, n) + 1) * 2);
    for (let i = 0; i < side * side; i++) {
      const [y, x] = [Math.floor(i / side), i % side];
      const along = [y, x, y + x, y - x + side][label]!;
      const ink = (along + offset) % 4 === 0 ? 1 : 0;
      samples[n * side * side + i] = ink + 0.8 * uniform(seed + 1, n * side * side + i);
    }
  }
  return { samples, labels };
}

function initialModel(): FloatModel {
  const parameters = layerParameters(graph, ({ index, node, rows, fan }) => {
    const reach = Math.sqrt(6 / fan) / (node.name.endsWith('2') ? 2 : 1);
    const weights = new Float32Array(rows * fan).map((_, i) => reach * uniform(index + 1, i));
    return { weights, bias: new Float32Array(rows) };
  });
  return { graph, parameters };
}

/** Plain gradient descent, batch 16. */
function train(model: FloatModel, { samples, labels }: LabelledSamples, epochs: number): void {
  const size = side * side;
  for (let step = 0; step < (epochs * labels.length) / 16; step++) {
    const first = (step * 16) % labels.length;
    const indices = Array.from({ length: 16 }, (_, i) => first + i);
    const values = runFloat(model, samples.subarray(first * size, (first + 16) * size));
    const { error } = softmaxCrossEntropy(
      outputOf(model, values),
      oneHot(labels, indices, classes),
      classes,
    );
    const { parameterGradients } = backpropagate(model, values, error);
    for (const [node, gradient] of parameterGradients) {
      for (const kind of ['weights', 'bias'] as const) {
        const [parameter, slope] = [model.parameters.get(node)![kind], gradient[kind]];
        for (let i = 0; i < parameter.length; i++) parameter[i]! -= (0.1 / 16) * slope[i]!;
      }
    }
  }
}

function accuracy(model: FloatModel, { samples, labels }: LabelledSamples): number {
  const logits = outputOf(model, runFloat(model, samples));
  const isRight = (n: number) => {
    const row = logits.subarray(n * classes, (n + 1) * classes);
    return row.indexOf(Math.max(...row)) === labels[n];
  };
  return Array.from(labels, (_, n) => n).filter(isRight).length / labels.length;
}

const model = initialModel();
train(model, bars(480, 5), 3);
const modules = partition(graph);
const fitted = bars(256, 50);
const held = bars(128, 90);

function networkWith(rule: Rule, tail: number) {
  return { model, modules, rules: modules.map((_, index) => (index < tail ? rule : 'exact')) };
}

function alignmentOf(rule: Rule, options: FormOptions = {}, density = 1) {
  const network = networkWith(rule, modules.length - 2);
  const feedback = calibrateFeedback(network, feedbackForms(network, options), fitted, { density });
  return measureAlignment(network, feedback, held);
}

const rounded = (report: readonly { layer: string; cosine: number }[]) =>
  report.map(({ layer, cosine }) => `${layer} ${cosine.toFixed(2)}`).join(', ');

test('the net these tests use has learned something', () => {
  assert.equal(
    modules.map(({ name }) => name),
    ['stem', 'a1', 'down', 'b1', 'head'],
  );
  const share = accuracy(model, held);
  assert.ok(share > 0.7 && share < 1, `accuracy ${share}`);
});

test('calibrated feedback to module ends points where backpropagation does', () => {
  const report = alignmentOf('feedback-local');
  assert.equal(
    report.map(({ layer }) => layer),
    ['stem', 'a1', 'a2', 'down'],
  );
  assert.ok(
    report.every(({ cosine }) => cosine > 0.7),
    rounded(report),
  );
});

test('calibrated feedback to each layer does too', () => {
  const report = alignmentOf('feedback-direct');
  assert.ok(
    report.every(({ cosine }) => cosine > 0.6),
    rounded(report),
  );
});

test('feedback from the logits does, on average', () => {
  const report = alignmentOf('feedback-local', { source: 'logits' });
  const mean = report.reduce((sum, { cosine }) => sum + cosine, 0) / report.length;
  assert.ok(mean > 0.5, rounded(report));
});

test('a dilated window sees more than a pointwise one', () => {
  const wide = alignmentOf('feedback-local', { kernel: 3, dilation: 1 });
  const narrow = alignmentOf('feedback-local');
  assert.ok(
    wide[0]!.cosine > narrow[0]!.cosine - 0.05,
    `${rounded(wide)} against ${rounded(narrow)}`,
  );
});

test('half of the entries keep most of the direction', () => {
  const report = alignmentOf('feedback-local', {}, 0.5);
  assert.ok(
    report.every(({ cosine }) => cosine > 0.5),
    rounded(report),
  );
});

test('random feedback points nowhere, on average over seeds', () => {
  const network = networkWith('feedback-local', modules.length - 2);
  const forms = feedbackForms(network);
  const cosines = Array.from({ length: 20 }, (_, seed) => seed).flatMap((seed) =>
    measureAlignment(network, randomFeedback(network, forms, { seed, data: fitted }), held).map(
      (a) => a.cosine,
    ),
  );
  const mean = cosines.reduce((sum, cosine) => sum + cosine, 0) / cosines.length;
  assert.ok(Math.abs(mean) < 0.15, `mean ${mean}`);
});

test('the gradient at the source itself is exact', () => {
  const network = networkWith('feedback-local', 3);
  const feedback = calibrateFeedback(network, feedbackForms(network).slice(-1), fitted);
  const [down] = measureAlignment(network, feedback, held);
  assert.is(down!.layer, 'down');
  assert.ok(down!.cosine > 0.999999);
});

test.run();
