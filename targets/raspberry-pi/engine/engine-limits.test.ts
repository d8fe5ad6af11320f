// What the engine refuses, gives back and notices; what it computes is the engine suite's matter.
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { exportPrograms, GraphBuilder } from '#exporters';
import { EngineError, InputError, layoutOf, learnStep, sizeOf } from '#runtime';
import type { EngineInput, StepRates } from '#runtime';
import { copyParameters, engineCases, randomFeedback, RandomModel, windowOf } from '#test-support';

import { requireAliasSafe } from './alias-test.ts';
import { openOnnxRuntimeEngine } from './onnx-runtime-engine.ts';

const test = suite('targets/raspberry-pi/engine limits');

const rates: StepRates = { rate: 0.01, clip: 0.02, ratio: 1, step: 0, seed: 1 };
const batch = 2;

test('three hundred steps leave nothing behind', async () => {
  const input = smallInput();
  await using engine = await openOnnxRuntimeEngine(input);
  const layout = layoutOf(input.plan, input.modules, input.feedback);
  const targets = fiveTargets();
  const step = async (index: number): Promise<void> => {
    const sample = engine.upload(samplesOf(input), batch);
    await learnStep(engine, layout, { input: sample, targets }, { ...rates, step: index });
    sample.dispose();
  };
  for (let index = 0; index < 20; index++) await step(index);
  const before = process.memoryUsage();
  for (let index = 20; index < 320; index++) await step(index);
  const after = process.memoryUsage();
  // A step hands out about 60 KB of weights, errors and activations: 18 MB if they were kept.
  assert.ok(after.arrayBuffers - before.arrayBuffers < 4e6, 'array buffers pile up');
  assert.ok(after.rss - before.rss < 64e6, 'resident memory grows');
});

test('a gradient that is not finite changes no weight and names the program', async () => {
  const input = smallInput();
  const wild = input.feedback.map((feedback) => ({
    ...feedback,
    scales: feedback.scales.map(() => 3e38),
  }));
  await using engine = await openOnnxRuntimeEngine({
    ...input,
    feedback: wild,
    programs: programsOf({ ...input, feedback: wild }),
  });
  const old = copyParameters(input.parameters);
  await rejects(learnOnce(engine, input), EngineError, /"feedback:0".*nothing was updated/);
  const [weights] = [...input.parameters.values()].map((layer) => layer.weights);
  assert.equal(weights, old.get(0)!.weights);
});

test('a missing and a broken program are named, with the cause', async () => {
  const input = smallInput();
  const samples = samplesOf(input);
  await using without = await openOnnxRuntimeEngine({ ...input, programs: new Map() });
  await rejects(without.predict(samples, batch), EngineError, /program "predict", got none/);
  const programs = new Map([['predict', Uint8Array.of(1, 2, 3)]]);
  await using broken = await openOnnxRuntimeEngine({ ...input, programs });
  await rejects(broken.predict(samples, batch), EngineError, /"predict" cannot be opened: .*Error/);
  await using some = await openOnnxRuntimeEngine(input);
  const sample = some.upload(samples, batch);
  await rejects(some.forward(0, 1, sample), EngineError, /forward modules 0\.\.1/);
});

test('arguments that do not fit are refused before anything runs', async () => {
  const input = smallInput();
  await using engine = await openOnnxRuntimeEngine(input);
  const samples = samplesOf(input);
  assert.throws(() => engine.upload(samples, 3), /upload: expected/);
  await rejects(engine.predict(samples.subarray(1), batch), InputError, /predict: expected/);
  const sample = engine.upload(samples, batch);
  const layout = layoutOf(input.plan, input.modules, input.feedback);
  const tailInput = await engine.forward(0, layout.tail, sample);
  const targets = fiveTargets();
  await rejects(engine.learnTail(layout.tail, sample, targets, rates), InputError, /learnTail/);
  const nan = { ...rates, rate: Number.NaN };
  await rejects(engine.learnTail(layout.tail, tailInput, targets, nan), InputError, /rates/);
  const { inputGradient } = await engine.learnTail(layout.tail, tailInput, targets, rates);
  const fewer = engine.upload(samples.subarray(0, samples.length / 2), 1);
  await rejects(engine.learnByFeedback(0, fewer, inputGradient!, rates), InputError, /1 samples/);
  sample.dispose();
  await rejects(engine.forward(0, layout.tail, sample), EngineError, /disposed/);
});

test('a batch whose sums could leave int32 is refused', async () => {
  const input = smallInput();
  await using engine = await openOnnxRuntimeEngine(input);
  const many = Math.ceil(33_026 / 64);
  const samples = new Uint8Array(many * sizeOf(input.model.graph.inputShape));
  const sample = engine.upload(samples, many);
  const layout = layoutOf(input.plan, input.modules, input.feedback);
  const tailInput = await engine.forward(0, layout.tail, sample);
  const targets = new Float32Array(many * 5);
  await rejects(
    engine.learnTail(layout.tail, tailInput, targets, rates),
    EngineError,
    /at most 33025 positions/,
  );
});

test('shared memory is refused when opening', async () => {
  const input = smallInput();
  const parameters = new Map(
    Array.from(input.parameters, ([node, layer]) => {
      const weights = new Int8Array(new SharedArrayBuffer(layer.weights.length));
      return [node, { ...layer, weights }];
    }),
  );
  await rejects(openOnnxRuntimeEngine({ ...input, parameters }), EngineError, /shared memory/);
});

test('frozen weights pushed are used', async () => {
  const input = smallInput(['frozen', 'frozen', 'exact']);
  await using engine = await openOnnxRuntimeEngine(input);
  const before = await engine.predict(samplesOf(input), batch);
  input.parameters.get(0)!.bias.fill(1000);
  assert.equal(await engine.predict(samplesOf(input), batch), before);
  await engine.push();
  assert.not.equal(await engine.predict(samplesOf(input), batch), before);
});

test('an engine works on after it is closed and asked again', async () => {
  const input = smallInput();
  const engine = await openOnnxRuntimeEngine(input);
  const before = await engine.predict(samplesOf(input), batch);
  await engine[Symbol.asyncDispose]();
  assert.equal(await engine.predict(samplesOf(input), batch), before);
  await engine[Symbol.asyncDispose]();
});

test('a program that reads weights after writing them is found out', async () => {
  const graph = new GraphBuilder();
  const weights = graph.input('weights:0', 'int8', [64]);
  const bias = graph.input('bias:0', 'int32', [1]);
  const x = graph.input('x', 'uint8', ['n', 1]);
  // The bias takes the sum of the weights; since it also waits for the new ones, it reads those.
  const add = graph.node('Cast', [x], { attributes: { to: 3 } });
  const limit = graph.node('Neg', [
    graph.node('ReduceMax', [add], { attributes: { keepdims: 0 } }),
  ]);
  const next = graph.node('Clip', [graph.node('Neg', [weights]), limit, graph.scalar('int8', 64)], {
    output: 'newWeights:0',
  });
  graph.output(next, 'int8', [64]);
  const waiting = graph.node('Mul', [
    graph.node('Cast', [next], { attributes: { to: 6 } }),
    graph.scalar('int32', 0),
  ]);
  const start = graph.node('ReduceSum', [waiting], { attributes: { keepdims: 0 } });
  const starts = graph.node('Reshape', [
    graph.node('Cast', [start], { attributes: { to: 7 } }),
    graph.int64([1]),
  ]);
  const late = graph.node('Slice', [weights, starts, graph.int64([64])]);
  const sum = graph.node('ReduceSum', [graph.node('Cast', [late], { attributes: { to: 6 } })]);
  graph.output(graph.node('Add', [bias, sum], { output: 'newBias:0' }), 'int32', [1]);
  const session = await InferenceSession.create(graph.build());
  const fixed = {
    'weights:0': new Tensor('int8', new Int8Array(64).fill(5), [64]),
    'bias:0': new Tensor('int32', new Int32Array(1), [1]),
  };
  await rejects(
    requireAliasSafe('bad', session, { fixed, learning: {} }),
    EngineError,
    /"bad".*in place/,
  );
  assert.is(fixed['weights:0'].data[0], 5);
});

/** Two modules that learn by feedback from the tail, and a tail: 8x8 positions. */
function smallInput(
  rules: EngineInput['plan']['rules'] = ['feedback-local', 'feedback-local', 'exact'],
): EngineInput {
  const random = new RandomModel(5, [8, 8, 3]);
  const window = windowOf(3, { pads: [1, 1, 1, 1] });
  let x = random.conv(0, { outputChannels: 16, window, clamp: 'relu' });
  random.cut();
  x = random.conv(x, { outputChannels: 16, window, clamp: 'relu' });
  random.cut();
  x = random.conv(x, { outputChannels: 8, window, clamp: 'relu' });
  random.logits(x, 5);
  random.cut();
  const { model, modules } = random.finish();
  const needs = rules.includes('feedback-local');
  const feedback = needs ? randomFeedback({ model, modules, rules }, { source: 'tail' }, 1) : [];
  const { plan } = engineCases()[0]!.input;
  const input = { model, modules, plan: { ...plan, rules }, feedback, stateFeedback: [] };
  return { ...input, parameters: copyParameters(model.layers), programs: programsOf(input) };
}

function programsOf(input: Parameters<typeof exportPrograms>[0]): EngineInput['programs'] {
  return new Map(exportPrograms(input).map(({ name, bytes }) => [name, bytes]));
}

async function learnOnce(
  engine: Awaited<ReturnType<typeof openOnnxRuntimeEngine>>,
  input: EngineInput,
): Promise<void> {
  const layout = layoutOf(input.plan, input.modules, input.feedback);
  const sample = engine.upload(samplesOf(input), batch);
  await learnStep(engine, layout, { input: sample, targets: fiveTargets() }, rates);
}

function samplesOf({ model }: EngineInput): Uint8Array {
  const length = batch * sizeOf(model.graph.inputShape);
  return Uint8Array.from({ length }, (_, i) => (i * 7919) % 256);
}

function fiveTargets(): Float32Array {
  const targets = new Float32Array(batch * 5);
  for (let n = 0; n < batch; n++) targets[n * 5 + n] = 1;
  return targets;
}

async function rejects(
  promise: Promise<unknown>,
  kind: typeof EngineError | typeof InputError,
  message: RegExp,
): Promise<void> {
  const error = await promise.then(
    () => null,
    (reason: unknown) => reason,
  );
  assert.instance(error, kind);
  assert.match((error as Error).message, message);
}

test.run();
