import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import type { Feedback, Module, Node, Rule, Shape, Window } from '#runtime';
import { assertClose, layerParameters } from '#test-support';

import { applyFeedback } from './apply.ts';
import { calibrateFeedback } from './calibrate.ts';
import type { FeedbackNetwork, FormOptions } from './form.ts';
import { feedbackForms } from './form.ts';
import { gatherEvidence } from './gather-evidence.ts';
import { uniform } from './hash.ts';
import { randomFeedback } from './random.ts';
import { fitRidge } from './ridge.ts';
import type { LabelledSamples } from './signals.ts';

const test = suite('exporters/feedback/calibrate');

const relu = { minimum: 0, maximum: Infinity };
const pointwise: Window = { kernel: [1, 1], stride: [1, 1], dilation: [1, 1], pads: [0, 0, 0, 0] };
const conv = (
  input: number,
  outputChannels: number,
  window: Window,
  options: { groups?: number; clamp?: typeof relu } = {},
): Node => ({
  name: `conv${input}`,
  operator: 'conv',
  inputs: [input],
  attributes: { window, outputChannels, groups: options.groups ?? 1, clamp: options.clamp ?? null },
});
const dense = (input: number, outputChannels: number): Node => ({
  name: `dense${input}`,
  operator: 'dense',
  inputs: [input],
  attributes: { outputChannels, clamp: null },
});

const draw = (length: number, seed: number) =>
  new Float64Array(length).map((_, i) => uniform(seed, i));

/** One module per node. */
function networkOf(inputShape: Shape, nodes: Node[], rules: Rule[]): FeedbackNetwork {
  const graph = { inputShape, nodes };
  const parameters = layerParameters(graph, ({ index, rows, fan }) => ({
    weights: draw(rows * fan, index + 1),
    bias: new Float64Array(rows),
  }));
  const modules = nodes.map((node, index): Module => ({
    name: node.name,
    from: index,
    to: index + 1,
  }));
  return { model: { graph, parameters }, modules, rules };
}

function samplesOf({ model }: FeedbackNetwork, count: number, classes = 3): LabelledSamples {
  const [height, width, channels] = model.graph.inputShape;
  return {
    samples: draw(count * height * width * channels, 77),
    labels: Array.from({ length: count }, (_, i) => i % classes),
  };
}

/** The fit before rounding, almost without a ridge, where the answer is exact. */
function fitExactly(network: FeedbackNetwork, options: FormOptions = {}): Float64Array[] {
  const forms = feedbackForms(network, options);
  return gatherEvidence(network, forms, samplesOf(network, 60)).map((evidence) =>
    fitRidge(evidence, 1e-9),
  );
}

const weightsOf = ({ model }: FeedbackNetwork, node: number) => model.parameters.get(node)!.weights;
// The 1e-4 of the mean diagonal that fitRidge adds, and float32 evidence.
const exact = 2e-3;

for (const [name, clamp] of [
  ['linear', undefined],
  ['relu', relu],
] as const) {
  test(`pointwise feedback through a ${name} layer finds the transposed weights behind it`, () => {
    const options = clamp === undefined ? {} : { clamp };
    const nodes = [conv(0, 5, pointwise, options), conv(1, 4, pointwise), dense(2, 3)];
    const network = networkOf([3, 3, 2], nodes, ['feedback-local', 'exact-replay', 'exact']);
    const [matrix] = fitExactly(network);
    const weights = weightsOf(network, 1); // [4, 5]
    const transposed = Float64Array.from(
      { length: 20 },
      (_, i) => weights[(i % 4) * 5 + Math.floor(i / 4)]!,
    );
    assertClose(matrix!, transposed, exact);
  });
}

test('dilated grouped feedback finds the transposed, flipped kernel behind it', () => {
  const window: Window = { kernel: [3, 3], stride: [1, 1], dilation: [2, 2], pads: [2, 2, 2, 2] };
  const nodes = [
    conv(0, 4, pointwise, { clamp: relu }),
    conv(1, 6, window, { groups: 2 }),
    dense(2, 3),
  ];
  const network = networkOf([6, 6, 2], nodes, ['feedback-direct', 'exact-replay', 'exact']);
  const [matrix] = fitExactly(network, { kernel: 3, dilation: 2, groups: 2 });
  const weights = weightsOf(network, 1); // [6, 9, 2]; the matrix is [4, 9, 3]
  const expected = Float64Array.from({ length: 4 * 9 * 3 }, (_, i) => {
    const [c, k, d] = [Math.floor(i / 27), Math.floor(i / 3) % 9, i % 3];
    const group = Math.floor(c / 2);
    return weights[((group * 3 + d) * 9 + (8 - k)) * 2 + (c % 2)]!;
  });
  assertClose(matrix!, expected, 10 * exact);
});

test('a coarser source is copied up, nearest first', () => {
  const pool: Node = {
    name: 'pool',
    operator: 'averagePool',
    inputs: [1],
    attributes: { window: { ...pointwise, kernel: [2, 2], stride: [2, 2] }, countPadding: false },
  };
  const nodes = [conv(0, 3, pointwise, { clamp: relu }), pool, dense(2, 3)];
  const network = networkOf([4, 4, 2], nodes, ['feedback-local', 'frozen', 'exact']);
  const [matrix] = fitExactly(network);
  assertClose(matrix!, [0.25, 0, 0, 0, 0.25, 0, 0, 0, 0.25], exact);
});

test('feedback from the logits finds the product of the weights behind it, cell by cell', () => {
  const nodes = [conv(0, 4, pointwise, { clamp: relu }), dense(1, 3)];
  const network = networkOf([2, 2, 3], nodes, ['feedback-local', 'exact']);
  const [matrix] = fitExactly(network, { source: 'logits', logitsGrid: 2 });
  const weights = weightsOf(network, 1); // [3, 2 x 2 x 4]
  const expected = Float64Array.from({ length: 16 * 3 }, (_, i) => {
    const [row, d] = [Math.floor(i / 3), i % 3];
    const mean = (weights[row]! + weights[16 + row]! + weights[32 + row]!) / 3;
    return weights[d * 16 + row]! - mean; // an error sums to 0 over the classes, so a common part is not seen
  });
  assertClose(matrix!, expected, 10 * exact);
});

test('feedback from the module end to itself is the identity, whatever its window', () => {
  const nodes = [conv(0, 4, pointwise, { clamp: relu }), dense(1, 3)];
  const network = networkOf([3, 3, 2], nodes, ['feedback-direct', 'exact']);
  const forms = feedbackForms(network, { source: 'module', kernel: 3, groups: 2 });
  const [feedback] = calibrateFeedback(network, forms, samplesOf(network, 20));
  const error = Float32Array.from(draw(2 * 36, 1));
  const shape: Shape = [3, 3, 4];
  assertClose(applyFeedback(feedback!, { source: shape, target: shape }, error), error, 1e-6);
});

test('a row whose gate never opens is zero', () => {
  const nodes = [conv(0, 3, pointwise, { clamp: relu }), conv(1, 4, pointwise), dense(2, 3)];
  const network = networkOf([2, 2, 2], nodes, ['feedback-local', 'frozen', 'exact']);
  network.model.parameters.get(0)!.bias[1] = -100;
  const [feedback] = calibrateFeedback(network, feedbackForms(network), samplesOf(network, 40));
  assert.equal([...feedback!.matrix.subarray(4, 8)], [0, 0, 0, 0]);
  assert.ok(feedback!.matrix.subarray(0, 4).some((b) => b !== 0));
});

test('density and int8 apply to what is fitted', () => {
  const nodes = [conv(0, 5, pointwise, { clamp: relu }), conv(1, 8, pointwise), dense(2, 3)];
  const network = networkOf([3, 3, 2], nodes, ['feedback-local', 'frozen', 'exact']);
  const [feedback] = calibrateFeedback(network, feedbackForms(network), samplesOf(network, 40), {
    density: 0.25,
  });
  for (let row = 0; row < 5; row++) {
    const entries = feedback!.matrix.subarray(row * 8, row * 8 + 8);
    assert.is(entries.filter((b) => b !== 0).length, 2);
    assert.is(Math.max(...entries.map(Math.abs)), 127);
  }
});

test('many cells are thinned out, the same ones each time, without a loss', () => {
  const nodes = [conv(0, 24, pointwise, { clamp: relu }), conv(1, 24, pointwise), dense(2, 3)];
  const network = networkOf([32, 32, 2], nodes, ['feedback-local', 'frozen', 'exact']);
  const forms = feedbackForms(network);
  const samples = samplesOf(network, 300);
  const [first] = gatherEvidence(network, forms, samples);
  const [second] = gatherEvidence(network, forms, samples);
  assert.ok(first!.observations > 20_000 && first!.observations < 250_000);
  assert.equal(first!.gradients, second!.gradients);
  assertClose(fitRidge(first!, 1e-9), transposedOf(weightsOf(network, 1), 24, 24), exact);
});

function transposedOf(weights: ArrayLike<number>, rows: number, columns: number): Float64Array {
  return Float64Array.from(
    { length: rows * columns },
    (_, i) => weights[(i % rows) * columns + Math.floor(i / rows)]!,
  );
}

test('forms follow the rules: a module end, or each layer; smaller targets have smaller grids', () => {
  const nodes = [conv(0, 4, pointwise), conv(1, 2, pointwise), dense(2, 5), dense(3, 3)];
  const network = networkOf([6, 3, 2], nodes, [
    'frozen',
    'feedback-local',
    'feedback-direct',
    'exact',
  ]);
  assert.equal(
    feedbackForms(network, { source: 'logits' }).map(({ target, grid }) => [target, grid]),
    [
      [2, [4, 3]],
      [3, [1, 1]],
    ],
  );
  assert.equal(
    feedbackForms(network, { source: 'module' }).map(({ source }) => source),
    ['tail', 'module'],
  );
});

test('forms that fit nothing are refused by name', () => {
  const nodes = [conv(0, 4, pointwise), conv(1, 3, pointwise), dense(2, 3)];
  const network = networkOf([3, 3, 2], nodes, ['feedback-local', 'frozen', 'exact']);
  assert.throws(
    () => feedbackForms(network, { groups: 2 }),
    /conv0: expected channels divisible by 2 groups, got 4 from 3/,
  );
  assert.throws(() => feedbackForms(network, { kernel: 2 }), /expected an odd kernel, got 2/);
  const noTail = { ...network, rules: network.rules.with(2, 'frozen') };
  assert.throws(() => feedbackForms(noTail), /expected a module of rule exact/);
});

test("random feedback is a function of its seed and has the true gradient's size", () => {
  const nodes = [conv(0, 16, pointwise, { clamp: relu }), conv(1, 16, pointwise), dense(2, 3)];
  const network = networkOf([4, 4, 3], nodes, ['feedback-local', 'frozen', 'exact']);
  const forms = feedbackForms(network);
  const one = (seed: number) => randomFeedback(network, forms, { seed })[0]!;
  assert.equal(one(1), one(1));
  assert.not.equal(one(1).matrix, one(2).matrix);
  assertClose([spreadOf(one(3))], [1 / 4], 0.02);
  const data = samplesOf(network, 40);
  const [scaled] = randomFeedback(network, forms, { seed: 1, data });
  const [calibrated] = calibrateFeedback(network, forms, data);
  assertClose([spreadOf(scaled!) / spreadOf(calibrated!)], [1], 0.4);
});

/** Standard deviation of the entries in real units. */
function spreadOf({ matrix, scales }: Feedback): number {
  const length = matrix.length / scales.length;
  const squares = Array.from(matrix, (b, i) => (b * scales[Math.floor(i / length)]!) ** 2);
  return Math.sqrt(squares.reduce((sum, square) => sum + square, 0) / matrix.length);
}

test.run();
