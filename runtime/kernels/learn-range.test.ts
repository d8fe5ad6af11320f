// Which gradient reaches which layer, by each way of learning, put together from the parts.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { assertSame, copyParameters, engineCases, randomStream } from '#test-support';

import type { EngineInput, StepRates } from '../engine.ts';
import type { LayerParameters } from '../graph/model.ts';
import { sizeOf } from '../graph/shape.ts';
import { feedbackGradient } from './feedback.ts';
import { holdRange } from './forward-range.ts';
import type { ForwardCall } from './forward-range.ts';
import { learnDirectly, learnExactly, learnLocally } from './learn-range.ts';
import { feedbackByModule } from './module-feedback.ts';
import type { ModuleFeedback } from './module-feedback.ts';
import { networkOf } from './network.ts';
import type { Network } from './network.ts';
import { gate } from './range-gradient.ts';
import { plainContext } from './recurrent/sequence-context.ts';
import { isLayerSite } from './site.ts';
import { runWeightGradient } from './table.ts';
import { updateLayer } from './update.ts';

const test = suite('runtime/kernels/learn-range');

const rates: StepRates = { rate: 0.1, clip: 0.05, ratio: 1, step: 3, seed: 8 };
const batch = 2;

interface Subject {
  readonly network: Network;
  readonly parameters: ReadonlyMap<number, LayerParameters>;
  readonly feedback: ModuleFeedback;
  /** Module 1 of the model: a residual block of two layers, or a separable one. */
  readonly call: ForwardCall;
  readonly error: Float32Array;
}

function subjectOf(caseName: string): Subject {
  const { input } = engineCases().find(({ name }) => name.includes(caseName))!;
  const parameters = copyParameters(input.model.layers);
  const engineInput: EngineInput = { ...input, parameters, programs: new Map() };
  const network = networkOf(engineInput, null);
  const range = input.modules[1]!;
  const feedback = feedbackByModule(engineInput)[1]!;
  const random = randomStream(1);
  const values = Uint8Array.from({ length: batch * sizeOf(network.shapes[range.from]!) }, () =>
    Math.floor(random() * 256),
  );
  const size = batch * sizeOf(feedback.sourceShape);
  const error = Float32Array.from({ length: size }, () => random() - 0.5);
  return {
    network,
    parameters,
    feedback,
    call: { range, input: values, batch, context: plainContext(1) },
    error,
  };
}

/** Weights of a layer after its own feedback's step, whatever else happens in the module. */
function expectedWeights({ network, feedback, call, error }: Subject, node: number): Int8Array {
  const site = network.sites[node]!;
  assert.ok(isLayerSite(site));
  const values = holdRange(network.sites, call);
  const delta = feedbackGradient(feedback.calls.get(node + 1)!, error, batch);
  gate(site, delta, values.get(node + 1)!);
  const gradient = runWeightGradient(site, values.get(site.inputs[0]!)!, delta, batch);
  return updateLayer(network.layers.get(node)!, gradient, rates).weights;
}

function layersOf({ network, call: { range } }: Subject): number[] {
  return [...network.layers.keys()].filter((node) => node >= range.from && node < range.to);
}

function endOf({ network, call }: Subject): Uint8Array {
  return holdRange(network.sites, call).get(call.range.to)!;
}

test('directly, each layer takes its own feedback through its own gate', () => {
  const subject = subjectOf('feedback-local feedback-direct feedback-direct exact from tail');
  const layers = layersOf(subject);
  const expected = layers.map((node) => expectedWeights(subject, node));
  const before = endOf(subject);
  const { network, call, error, feedback } = subject;
  const output = learnDirectly(network, call, { feedbacks: feedback.calls, error }, rates);
  assertSame(output, before, 'output');
  assert.ok(layers.length > 1);
  layers.forEach((node, i) =>
    assertSame(subject.parameters.get(node)!.weights, expected[i]!, `weights of node ${node}`),
  );
});

test('directly, a layer without a feedback stays as it is', () => {
  const subject = subjectOf('feedback-local feedback-direct feedback-direct exact from tail');
  const [first, second] = layersOf(subject) as [number, number];
  const { network, call, error, feedback, parameters } = subject;
  const before = copyParameters(parameters);
  const feedbacks = new Map([[second + 1, feedback.calls.get(second + 1)!]]);
  learnDirectly(network, call, { feedbacks, error }, rates);
  assert.equal(parameters.get(first), before.get(first));
  assert.not.equal(parameters.get(second), before.get(second));
});

test('locally, the feedback of the end is propagated exactly', () => {
  const local = subjectOf('feedback-local feedback-local exact exact from tail');
  const exact = subjectOf('feedback-local feedback-local exact exact from tail');
  const feedback = local.feedback.calls.get(local.call.range.to)!;
  const before = endOf(local);
  const { network, call, error } = local;
  assertSame(learnLocally(network, call, { feedback, error }, rates), before, 'output');
  const values = holdRange(exact.network.sites, exact.call);
  const gradient = feedbackGradient(feedback, error, batch);
  const exactCall = { values, gradient, wantsInput: false, feedbacks: new Map() };
  assert.is(learnExactly(exact.network, exact.call, exactCall, rates), null);
  assert.equal(local.parameters, exact.parameters);
});

test('from its own end, layers take feedback and the input takes the exact gradient', () => {
  const subject = subjectOf('frozen feedback-direct feedback-direct exact from module');
  const exact = subjectOf('frozen feedback-direct feedback-direct exact from module');
  const [first, second] = layersOf(subject) as [number, number];
  const expected = expectedWeights(subject, first);
  const learn = ({ network, call, error }: Subject, feedbacks: ModuleFeedback['calls']) =>
    learnExactly(
      network,
      call,
      { values: holdRange(network.sites, call), gradient: error, wantsInput: true, feedbacks },
      rates,
    )!;
  const only = new Map([[first + 1, subject.feedback.calls.get(first + 1)!]]);
  assertSame(learn(subject, only), learn(exact, new Map()), 'input gradient');
  assertSame(subject.parameters.get(first)!.weights, expected, 'weights of the first layer');
  // The second layer has no feedback here: it keeps the exact gradient.
  assert.equal(subject.parameters.get(second), exact.parameters.get(second));
  assert.not.equal(subject.parameters.get(first), exact.parameters.get(first));
});

test.run();
