import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { inferShapes, sizeOf } from '#runtime';
import { engineCases, randomStream, realModel } from '#test-support';

import { runOnnx } from '../../../test/support/onnx-runtime.ts';
import type { FloatParameters } from '../../float/array.ts';
import { backpropagate } from '../../float/backpropagate.ts';
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

for (const [name, model] of models) {
  test(`${name}: one step follows the gradient`, async () => {
    const { x, targets } = madeUpBatch(model);
    const values = runFloat(model, Float64Array.from(x));
    const logits = outputOf(model, values);
    const { error } = softmaxCrossEntropy(logits, Float64Array.from(targets), classesOf(model));
    const { parameterGradients } = backpropagate(model, values, error);
    const outputs = await runOnnx(floatBackprop(model), feedsOf(model, { x, targets, clip: 1e9 }));
    assertNear(outputs['logits']!.data as Float32Array, logits, 'logits');
    for (const [node, expected] of parameterGradients) {
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

function madeUpBatch(model: FloatModel): { x: Float32Array; targets: Float32Array } {
  const random = randomStream(7);
  const length = batch * sizeOf(model.graph.inputShape);
  const targets = new Float32Array(batch * classesOf(model));
  for (let n = 0; n < batch; n++) targets[n * classesOf(model) + n] = 1;
  return { x: Float32Array.from({ length }, () => random() * 2 - 1), targets };
}

/** Rate 1, so that a step is the gradient. */
function feedsOf(
  model: FloatModel,
  { x, targets, clip }: { x: Float32Array; targets: Float32Array; clip: number },
  trained: ReadonlySet<number> = new Set(model.parameters.keys()),
): Parameters<typeof runOnnx>[1] {
  const layers = [...model.parameters].filter(([node]) => trained.has(node));
  return {
    x: [x, [batch, ...model.graph.inputShape]],
    targets: [targets, [batch, classesOf(model)]],
    rates: [Float32Array.of(1, clip, 1), [3]],
    ...Object.fromEntries(layers.flatMap(([node, layer]) => parameterFeeds(node, layer))),
  };
}

function parameterFeeds(
  node: number,
  { weights, bias }: FloatParameters,
): [string, [Float32Array, number[]]][] {
  const dimensions = [bias.length, weights.length / bias.length];
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
