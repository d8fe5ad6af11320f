import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { inferShapes, isRecurrent, isTrainable, sizeOf } from '#runtime';
import type { Graph } from '#runtime';
import { engineCases, randomStream, realModel, sequenceCases } from '#test-support';

import { runOnnx } from '../../../test/support/onnx-runtime.ts';
import type { FloatParameters } from '../../float/array.ts';
import { backpropagate } from '../../float/backpropagate.ts';
import { parameterCounts } from '../../float/model.ts';
import type { FloatModel } from '../../float/model.ts';
import { outputOf, runFloat } from '../../float/run.ts';
import { softmaxCrossEntropy } from '../../float/softmax-cross-entropy.ts';
import { floatBackprop, floatPredict } from './float-backprop.ts';

const test = suite('exporters/programs/float');

/** Relative to the norm: float32 sums in another order. */
const tolerance = 1e-4;
const batch = 3;

/** Each model of the engine suite once, with real weights. */
const models = new Map<string, FloatModel>(
  engineCases().map(({ name, input: { model } }) => {
    const float = { graph: model.graph, parameters: realModel(model).layers };
    return [name.split(':')[0]!, float];
  }),
);

/** And each with recurrent layers, with weights of their own. */
const sequenceModels = new Map<string, FloatModel>(
  sequenceCases().map(({ name, input: { model } }) => [
    name.split(':')[0]!,
    { graph: model.graph, parameters: randomParameters(model.graph) },
  ]),
);

for (const [name, model] of [...models, ...sequenceModels]) {
  test(`${name}: one step follows the gradient`, async () => {
    const { x, targets } = madeUpBatch(model);
    const values = runFloat(model, Float64Array.from(x));
    const logits = outputOf(model, values);
    const { error } = softmaxCrossEntropy(logits, Float64Array.from(targets), classesOf(model));
    const { parameterGradients } = backpropagate(model, values, error);
    const outputs = await runOnnx(floatBackprop(model), feedsOf(model, { x, targets, clip: 1e9 }));
    assertNear(outputs['logits']!.data as Float32Array, logits, 'logits');
    const learned = Array.from(parameterGradients).filter(([node]) => isTrained(model, node));
    for (const [node, expected] of learned) {
      const { weights, bias } = model.parameters.get(node)!;
      const ofWeights = difference(weights, outputs[`newWeights:${node}`]!.data as Float32Array);
      const ofBias = difference(bias, outputs[`newBias:${node}`]!.data as Float32Array);
      assertNear(ofWeights, expected.weights, `weights of ${node}`);
      assertNear(ofBias, expected.bias, `bias of ${node}`);
    }
  });
}

test('a step is clipped to a share of the weights', async () => {
  const model = models.get('perceptron')!;
  const { x, targets } = madeUpBatch(model);
  const outputs = await runOnnx(floatBackprop(model), feedsOf(model, { x, targets, clip: 0.02 }));
  for (const [node, { weights }] of model.parameters) {
    const step = difference(weights, outputs[`newWeights:${node}`]!.data as Float32Array);
    assert.ok(norm(step) <= 0.02 * (norm(weights) + 0.001) * 1.0001);
  }
});

test('only the layers asked for are trained, and prediction takes the same inputs', async () => {
  const model = models.get('residual blocks')!;
  const last = Math.max(...model.parameters.keys());
  const { x, targets } = madeUpBatch(model);
  const trained = new Set([last]);
  const feeds = feedsOf(model, { x, targets, clip: 1 }, trained);
  const outputs = await runOnnx(floatBackprop(model, { trained }), feeds);
  const news = Object.keys(outputs).filter((output) => output.startsWith('new'));
  assert.equal(news, [`newWeights:${last}`, `newBias:${last}`]);
  const { targets: _targets, rates: _rates, ...rest } = feeds;
  const predicted = await runOnnx(floatPredict(model, { trained }), rest);
  assert.equal(predicted['logits']!.data, outputs['logits']!.data);
});

/** Recurrent layers that run from the end, and embeddings, are not. */
function isTrained({ graph }: FloatModel, index: number): boolean {
  const node = graph.nodes[index]!;
  return isTrainable(node) && !(isRecurrent(node) && node.attributes.reverse);
}

function randomParameters(graph: Graph): Map<number, FloatParameters> {
  const random = randomStream(11);
  const shapes = inferShapes(graph);
  const draw = (length: number): Float32Array =>
    Float32Array.from({ length }, () => random() - 0.5);
  return new Map(
    graph.nodes.flatMap((node, index) => {
      const counts = parameterCounts(node, shapes[node.inputs[0]!]!);
      if (counts === null) return [];
      return [[index, { weights: draw(counts.weights), bias: draw(counts.bias) }] as const];
    }),
  );
}

/** Tokens where the model reads such. At every position one class is right, but for one in four, which is not judged. */
function madeUpBatch(model: FloatModel): { x: Float32Array; targets: Float32Array } {
  const random = randomStream(7);
  const length = batch * sizeOf(model.graph.inputShape);
  const readsTokens = model.graph.nodes[0]!.operator === 'embedding';
  const classes = classesOf(model);
  const targets = new Float32Array(batch * sizeOf(inferShapes(model.graph).at(-1)!));
  for (let row = 0; row * classes < targets.length; row++) {
    if (row % 4 !== 3) targets[row * classes + (row % classes)] = 1;
  }
  const draw = (): number => (readsTokens ? Math.floor(random() * 256) : random() * 2 - 1);
  return { x: Float32Array.from({ length }, draw), targets };
}

/** Rate 1, so that a step is the gradient. */
function feedsOf(
  model: FloatModel,
  { x, targets, clip }: { x: Float32Array; targets: Float32Array; clip: number },
  trained: ReadonlySet<number> = new Set(model.parameters.keys()),
): Parameters<typeof runOnnx>[1] {
  const layers = [...model.parameters].filter(
    ([node]) => trained.has(node) && isTrained(model, node),
  );
  return {
    x: [x, [batch, ...model.graph.inputShape]],
    targets: [targets, [targets.length / classesOf(model), classesOf(model)]],
    rates: [Float32Array.of(1, clip, 1), [3]],
    ...Object.fromEntries(layers.flatMap(([node, layer]) => parameterFeeds(model, node, layer))),
  };
}

function parameterFeeds(
  { graph }: FloatModel,
  node: number,
  { weights, bias }: FloatParameters,
): [string, [Float32Array, number[]]][] {
  const isFlat = isRecurrent(graph.nodes[node]!);
  const dimensions = isFlat ? [weights.length] : [bias.length, weights.length / bias.length];
  return [
    [`weights:${node}`, [Float32Array.from(weights), dimensions]],
    [`bias:${node}`, [Float32Array.from(bias), [bias.length]]],
  ];
}

function difference(before: ArrayLike<number>, after: Float32Array): Float64Array {
  return Float64Array.from(after, (value, i) => Math.fround(before[i]!) - value);
}

function norm(values: ArrayLike<number>): number {
  return Math.hypot(...Array.from(values));
}

function assertNear(actual: ArrayLike<number>, expected: ArrayLike<number>, what: string): void {
  const gap = Array.from(actual, (value, i) => value - expected[i]!);
  const relative = norm(gap) / (norm(expected) + 1e-3);
  assert.ok(actual.length === expected.length && relative < tolerance, `${what}: ${relative} off`);
}

function classesOf({ graph }: FloatModel): number {
  return inferShapes(graph).at(-1)![2];
}

test.run();
