import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { copyParameters, engineCases, engineSuite, RandomModel, windowOf } from '#test-support';
import type { CaseInput } from '#test-support';

import type { Engine, EngineInput, StepRates } from '../engine.ts';
import { EngineError, InputError } from '../errors.ts';
import type { LayerParameters } from '../graph/model.ts';
import { sizeOf } from '../graph/shape.ts';
import { openKernelEngine } from './engine.ts';

// The reference passes its own suite: it is deterministic, and every case runs.
engineSuite('runtime/kernels/engine conforms', openKernelEngine, {
  sequences: true,
});

const test = suite('runtime/kernels/engine');

const rates: StepRates = { rate: 0.1, clip: 0.05, ratio: 1, step: 0, seed: 1 };
const classes = 5;

function caseNamed(part: string): CaseInput {
  return engineCases().find(({ name }) => name.includes(part))!.input;
}

interface Opened {
  readonly engine: Engine;
  readonly parameters: ReadonlyMap<number, LayerParameters>;
  readonly samples: Uint8Array;
  readonly targets: Float32Array;
}

/** Two samples and their targets, all of class 0. */
async function open(input: CaseInput, changes: Partial<EngineInput> = {}): Promise<Opened> {
  const parameters = copyParameters(input.model.layers);
  const engine = await openKernelEngine({ ...input, parameters, programs: new Map(), ...changes });
  const length = 2 * sizeOf(input.model.graph.inputShape);
  const samples = Uint8Array.from({ length }, (_, i) => (i * 37) % 256);
  const targets = Float32Array.from({ length: 2 * classes }, (_, i) => Number(i % classes === 0));
  return { engine, parameters, samples, targets };
}

function isA(kind: typeof EngineError | typeof InputError, message: RegExp) {
  return (error: unknown): boolean => {
    assert.instance(error, kind);
    assert.match((error as Error).message, message);
    return true;
  };
}

async function rejects(
  promise: Promise<unknown>,
  kind: typeof EngineError | typeof InputError,
  message: RegExp,
): Promise<void> {
  try {
    await promise;
  } catch (error) {
    isA(kind, message)(error);
    return;
  }
  assert.unreachable('expected a rejection');
}

test('samples of another size are refused', async () => {
  const { engine, samples } = await open(caseNamed('exact exact'));
  assert.throws(
    () => engine.upload(samples, 3),
    isA(InputError, /^upload: expected 3 x 189 values, got 378/),
  );
  assert.throws(() => engine.upload(samples, 0), isA(InputError, /batch of at least 1, got 0/));
  await rejects(engine.predict(samples, 1), InputError, /^predict: expected 1 x 189/);
});

test('targets, ranges and rates of another form are refused', async () => {
  const { engine, samples, targets } = await open(caseNamed('exact exact'));
  const input = engine.upload(samples, 2);
  await rejects(
    engine.learnTail(0, input, targets.subarray(1), rates),
    InputError,
    /targets: expected 2 x 5/,
  );
  await rejects(engine.learnTail(4, input, targets, rates), InputError, /learnTail/);
  await rejects(engine.forward(1, 0, input), InputError, /modules within 0\.\.4, got 1\.\.0/);
  await rejects(
    engine.forward(1, 2, input),
    InputError,
    /^forward: expected 2 x 504 values, got 378/,
  );
  await rejects(engine.forward(0, 4, input), InputError, /got logits; use predict/);
  const wrong = { ...rates, rate: Number.NaN };
  await rejects(engine.learnTail(0, input, targets, wrong), InputError, /^rates: .*NaN/);
});

test('handles of others, and disposed ones, are refused', async () => {
  const { engine, samples, targets } = await open(caseNamed('exact exact'));
  const input = engine.upload(samples, 2);
  const foreign = { batch: 2, dispose: () => {} };
  await rejects(engine.forward(0, 1, foreign), InputError, /an activation of this engine/);
  const { error } = await engine.learnTail(0, input, targets, rates);
  await rejects(engine.forward(0, 1, error), InputError, /an activation of this engine/);
  await rejects(
    engine.learnByReplay(0, input, input, rates),
    InputError,
    /a gradient of this engine/,
  );
  input.dispose();
  await rejects(engine.download(input), EngineError, /disposed/);
});

test('a module is taught by its own rule', async () => {
  const { engine, samples, targets } = await open(caseNamed('exact exact'));
  const input = engine.upload(samples, 2);
  const { error } = await engine.learnTail(0, input, targets, rates);
  await rejects(
    engine.learnByFeedback(0, input, error, rates),
    InputError,
    /conv0; use learnByReplay/,
  );
});

test('a NaN among the targets updates nothing, and the layer it met is named', async () => {
  const { engine, parameters, samples, targets } = await open(caseNamed('exact exact'));
  const before = copyParameters(parameters);
  targets[3] = Number.NaN;
  const learning = engine.learnTail(0, engine.upload(samples, 2), targets, rates);
  await rejects(learning, EngineError, /^dense4: expected a finite gradient/);
  assert.equal(parameters, before);
});

test('a step that fails in the first layer leaves the later ones unwritten', async () => {
  const { engine, parameters, samples, targets } = await open(caseNamed('exact exact'));
  parameters.get(0)!.weightScales.fill(1e-44); // its inverse is beyond float32
  const before = copyParameters(parameters);
  const learning = engine.learnTail(0, engine.upload(samples, 2), targets, rates);
  await rejects(learning, EngineError, /^conv0: expected a finite step.*nothing was updated/);
  assert.equal(parameters, before);
});

test('a trained layer with too many positions says which batch fits', async () => {
  const random = new RandomModel(1, [100, 100, 1]);
  const x = random.conv(0, { outputChannels: 1, window: windowOf(1) });
  random.logits(random.averagePool(x, windowOf(100)), classes);
  random.cut();
  const { model, modules } = random.finish();
  const plan = { ...caseNamed('exact exact').plan, rules: ['exact'] as const };
  const { engine } = await open({ model, modules, plan, feedback: [], stateFeedback: [] });
  const samples = engine.upload(new Uint8Array(4e4), 4);
  const learning = engine.learnTail(0, samples, new Float32Array(4 * classes), rates);
  await rejects(learning, EngineError, /^conv0: .*33025.*got 4 x 10000; use a batch of at most 3/);
});

test("the gradient at the tail's input is computed only for who uses it", async () => {
  const usedBy = async (part: string, tail: number): Promise<boolean> => {
    const { engine, samples, targets } = await open(caseNamed(part));
    const input = await engine.forward(0, tail, engine.upload(samples, 2));
    return (await engine.learnTail(tail, input, targets, rates)).inputGradient !== null;
  };
  assert.is(await usedBy('frozen exact-replay exact-replay exact', 3), true);
  assert.is(await usedBy('feedback-local feedback-local exact exact from tail', 2), true);
  assert.is(await usedBy('frozen feedback-direct feedback-direct exact from module', 3), true);
  assert.is(await usedBy('feedback-local frozen feedback-local exact from logits', 3), false);
  assert.is(await usedBy('exact exact exact exact', 0), false);
});

/** Weights of a module's layers after one call on fresh copies, by a plan with `rules`. */
async function afterOneCall(
  input: CaseInput,
  rules: CaseInput['plan']['rules'],
  call: 'learnByFeedback' | 'learnByReplay',
): Promise<string> {
  const plan = { ...input.plan, rules };
  const { engine, parameters, samples, targets } = await open(input, { plan });
  const sample = engine.upload(samples, 2);
  const tail = rules.indexOf('exact');
  const tailInput = await engine.forward(0, tail, sample);
  const { inputGradient } = await engine.learnTail(tail, tailInput, targets, rates);
  const module = tail - 1;
  const moduleInput = await engine.forward(0, module, sample);
  await engine[call](module, moduleInput, inputGradient!, rates);
  const { from, to } = input.modules[module]!;
  const own = [...parameters].filter(([node]) => node >= from && node < to);
  return own.map(([, { weights }]) => weights.join()).join(';');
}

test('a module that ends in a layer is taught directly or locally as the plan says', async () => {
  // The end's feedback is in both plans; only a direct one has another for the first layer.
  const input = caseNamed('depthwise separable blocks: feedback-direct');
  const directly = ['feedback-direct', 'feedback-direct', 'exact', 'exact'] as const;
  const locally = ['feedback-direct', 'feedback-local', 'exact', 'exact'] as const;
  const [depthwise, pointwise] = (await afterOneCall(input, directly, 'learnByFeedback')).split(
    ';',
  );
  const [exactInside, end] = (await afterOneCall(input, locally, 'learnByFeedback')).split(';');
  assert.is(pointwise, end);
  assert.is.not(depthwise, exactInside);
});

test("replay takes feedback from the module's own end where the plan says so", async () => {
  const input = caseNamed('from module');
  const byFeedback = ['frozen', 'feedback-direct', 'feedback-direct', 'exact'] as const;
  const exactly = ['frozen', 'feedback-direct', 'exact-replay', 'exact'] as const;
  assert.is.not(
    await afterOneCall(input, byFeedback, 'learnByReplay'),
    await afterOneCall(input, exactly, 'learnByReplay'),
  );
});

test('models that the kernels could not run are refused when opening', async () => {
  const input = caseNamed('exact exact');
  const { model } = input;
  const opening = (changes: Partial<EngineInput>) => open(input, changes);
  const parameters = copyParameters(model.layers);
  parameters.delete(2);
  await rejects(
    opening({ parameters }),
    InputError,
    /^conv2: expected weights 6x2x3x12 .*got none/,
  );
  const plan = { ...input.plan, rules: ['exact'] as const };
  await rejects(opening({ plan }), InputError, /^plan: expected 4 rules/);
  const quantization = model.quantization.with(2, null);
  await rejects(
    opening({ model: { ...model, quantization } }),
    InputError,
    /^conv1: expected a quantised output/,
  );
  const scaled = copyParameters(model.layers);
  scaled.get(0)!.weightScales[1] = 0;
  await rejects(
    opening({ parameters: scaled }),
    InputError,
    /^conv0: expected positive weight scales/,
  );
});

test('feedback that does not fit is refused when opening', async () => {
  const input = caseNamed('feedback-local feedback-local exact exact from tail');
  const [first, ...others] = input.feedback;
  const opening = (changed: Partial<typeof first>) =>
    open(input, { feedback: [{ ...first!, ...changed }, ...others] });
  await rejects(open(input, { feedback: others }), InputError, /^conv0: expected a feedback/);
  await rejects(
    opening({ matrix: new Int8Array(3) }),
    InputError,
    /feedback of conv0: .*got .* 3 entries/,
  );
  await rejects(
    opening({ grid: [1, 1] }),
    InputError,
    /feedback of conv0: expected an odd kernel, grid 5x4/,
  );
  await rejects(opening({ kernel: 2 }), InputError, /feedback of conv0: .*got kernel 2/);
  await rejects(opening({ source: 'module' }), InputError, /conv0: expected rule feedback-direct/);
});

test('steps are clipped against the exported weights, wherever learning has led', async () => {
  const input = caseNamed('exact exact');
  const nothing = copyParameters(input.model.layers);
  for (const { weights } of nothing.values()) weights.fill(0);
  const changedFrom = async (layers: CaseInput['model']['layers']): Promise<number> => {
    const parameters = copyParameters(input.model.layers);
    const model = { ...input.model, layers };
    const { engine, samples, targets } = await open(input, { model, parameters });
    await engine.learnTail(0, engine.upload(samples, 2), targets, { ...rates, rate: 100 });
    const { weights } = input.model.layers.get(0)!;
    return weights.filter((weight, i) => weight !== parameters.get(0)!.weights[i]).length;
  };
  assert.is(await changedFrom(nothing), 0);
  assert.ok((await changedFrom(input.model.layers)) > 50);
});

test.run();
