// What the engine promises beyond its numbers: errors, memory, and what happens when the GPU goes away.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import {
  copyParameters,
  EngineError,
  layoutOf,
  learnStep,
  openKernelEngine,
  sizeOf,
} from '#runtime';
import type { Engine, EngineInput, LayerParameters, StepRates } from '#runtime';

import { openEngine } from '../../targets/browser/engine/open-engine.ts';
import { openWebglEngine } from '../../targets/browser/engine/open-webgl-engine.ts';
import { requireAgreement } from '../../targets/browser/engine/self-test.ts';
import type { WebglEngine } from '../../targets/browser/engine/webgl-engine.ts';
import { assertSame } from '../support/assert-same.ts';
import { engineCases } from '../support/engine-cases.ts';

const test = suite('targets/browser/engine contract');
const rates: StepRates = { rate: 0.1, clip: 0.05, ratio: 1, step: 0, seed: 1 };
const batch = 4;
const classes = 5;

function caseInput(name: string): EngineInput & { parameters: Map<number, LayerParameters> } {
  const found = engineCases().find((one) => one.name.startsWith(name));
  if (found === undefined) throw new Error(`no case ${name}`);
  const parameters = copyParameters(found.input.model.layers);
  return { ...found.input, parameters, programs: new Map() };
}

function samplesOf({ model }: EngineInput): Uint8Array {
  return Uint8Array.from(
    { length: batch * sizeOf(model.graph.inputShape) },
    (_, i) => (i * 97) % 256,
  );
}

function targets(): Float32Array {
  return Float32Array.from({ length: batch * classes }, (_, i) => Number(i % classes === 1));
}

async function stepOf(
  engine: Engine,
  input: EngineInput,
  own: StepRates = rates,
): Promise<Float32Array> {
  const layout = layoutOf(input.plan, input.modules, input.feedback);
  const samples = engine.upload(samplesOf(input), batch);
  const first = await engine.forward(0, layout.trained, samples);
  try {
    return await learnStep(engine, layout, { input: first, targets: targets() }, own);
  } finally {
    first.dispose();
    samples.dispose();
  }
}

async function rejection(work: Promise<unknown>): Promise<unknown> {
  try {
    await work;
  } catch (error) {
    return error;
  }
  throw new Error('expected a rejection, got none');
}

function messageOf(error: unknown): string {
  return error instanceof EngineError ? error.message : `no EngineError: ${String(error)}`;
}

function freshContext(): WebGL2RenderingContext {
  return new OffscreenCanvas(1, 1).getContext('webgl2')!;
}

function lose(gl: WebGL2RenderingContext): Promise<void> {
  const lost = new Promise<void>((resolve) => {
    gl.canvas.addEventListener('webglcontextlost', () => resolve(), { once: true });
  });
  gl.getExtension('WEBGL_lose_context')!.loseContext();
  return lost;
}

test('the self-test finds nothing that differs', async () => {
  const { mismatches, total } = await requireAgreement(freshContext(), 0);
  assert.is(mismatches, 0);
  assert.ok(total > 5000);
});

test('a gradient that is not finite ends the call by the layer name and changes nothing', async () => {
  const input = caseInput('convolutions of odd sizes: exact');
  await using engine = await openWebglEngine(input);
  const activation = engine.upload(samplesOf(input), batch);
  const wild = targets().fill(Number.NaN, 0, 1);
  const error = await rejection(engine.learnTail(0, activation, wild, rates));
  assert.instance(error, EngineError);
  assert.match(
    (error as Error).message,
    /^dense4: expected a finite gradient.*nothing was updated/,
  );
  await engine.pull();
  for (const [node, { weights }] of input.parameters) {
    assertSame(weights, input.model.layers.get(node)!.weights, `weights of ${node}`);
  }
  activation.dispose();
});

test('after such an error the engine learns as if it had not been', async () => {
  const input = caseInput('residual blocks: exact');
  const other = caseInput('residual blocks: exact');
  await using engine = await openWebglEngine(input);
  await using kernels = await openKernelEngine(other);
  for (const [wild, message] of [
    [{ ...rates, rate: 1e38, clip: Infinity }, /expected a finite step/],
    [{ ...rates, ratio: 1e38 }, /expected a bias within int32/],
  ] as const) {
    assert.match(messageOf(await rejection(stepOf(engine, input, wild))), message);
    assert.match(messageOf(await rejection(stepOf(kernels, other, wild))), message);
  }
  assertSame(await stepOf(engine, input), await stepOf(kernels, other), 'logits');
  await engine.pull();
  for (const [node, { weights }] of other.parameters) {
    assertSame(input.parameters.get(node)!.weights, weights, `weights of ${node}`);
  }
});

test('a failure in a module without read-back is told by the next call that reads', async () => {
  const input = caseInput('depthwise separable blocks: feedback-local');
  await using engine = await openWebglEngine(input);
  const samples = engine.upload(samplesOf(input), batch);
  const tail = await engine.forward(0, 2, samples);
  const { inputGradient } = await engine.learnTail(2, tail, targets(), rates);
  await engine.pull();
  const before = copyParameters(input.parameters);
  const wild = { ...rates, rate: 1e38, clip: Infinity };
  const output = await engine.learnByFeedback(0, samples, inputGradient!, wild);
  const further = await engine.learnByFeedback(1, output, inputGradient!, rates);
  assert.match(messageOf(await rejection(engine.pull())), /^conv\d: expected a (finite step|bias)/);
  await engine.pull();
  for (const [node, { weights }] of before) {
    assertSame(input.parameters.get(node)!.weights, weights, `weights of ${node}`);
  }
  for (const owned of [samples, tail, output, further, inputGradient!]) owned.dispose();
});

test('from a layer that fails on, none of those before it changes', async () => {
  const input = caseInput('convolutions of odd sizes: exact');
  input.parameters.get(3)!.bias.fill(-(2 ** 31)); // any step up leaves int32
  const before = copyParameters(input.parameters);
  await using engine = await openWebglEngine(input);
  assert.match(messageOf(await rejection(stepOf(engine, input))), /^conv3: .*bias within int32/);
  await engine.pull();
  for (const node of [0, 1, 2, 3]) {
    assertSame(input.parameters.get(node)!.weights, before.get(node)!.weights, `layer ${node}`);
  }
  input.parameters.get(3)!.bias.fill(0);
  await engine.push();
  await stepOf(engine, input);
  await engine.pull();
  assert.not.equal(input.parameters.get(0)!.weights, before.get(0)!.weights);
});

for (const name of ['residual blocks: feedback-local', 'pools and branches: frozen', 'squeeze']) {
  test(`${name}: no texture is left over by a step, and none by the engine`, async () => {
    const input = caseInput(name);
    let engine: WebglEngine | null = null;
    {
      await using own = await openWebglEngine(input);
      engine = own;
      await stepOf(own, input);
      const { count, bytes } = own.gpu.ledger;
      for (let step = 1; step < 6; step++) await stepOf(own, input, { ...rates, step });
      await own.predict(samplesOf(input), batch);
      assert.is(own.gpu.ledger.count, count);
      assert.is(own.gpu.ledger.bytes, bytes);
    }
    assert.is(engine.gpu.ledger.count, 0);
    assert.is(engine.gpu.ledger.bytes, 0);
  });
}

test('a lost context is an error, never weights', async () => {
  const input = caseInput('perceptron');
  const context = freshContext();
  const engine = await openWebglEngine(input, { context });
  await stepOf(engine, input);
  await lose(context);
  const before = copyParameters(input.parameters);
  for (const work of [
    () => engine.pull(),
    () => engine.predict(samplesOf(input), batch),
    () => stepOf(engine, input),
  ]) {
    const error = await rejection(work());
    assert.instance(error, EngineError);
    assert.match((error as Error).message, /lost/);
  }
  for (const [node, { weights, bias }] of before) {
    assertSame(input.parameters.get(node)!.weights, weights, `weights of ${node}`);
    assertSame(input.parameters.get(node)!.bias, bias, `bias of ${node}`);
  }
  await engine[Symbol.asyncDispose]();
});

test('a context lost while a read is under way ends the read', async () => {
  const input = caseInput('residual blocks: exact');
  const context = freshContext();
  const engine = await openWebglEngine(input, { context });
  const reading = rejection(engine.predict(samplesOf(input), batch));
  await lose(context);
  assert.instance(await reading, EngineError);
});

test('where WebGL cannot be had the kernels compute, and the reason is told', async () => {
  const input = caseInput('perceptron');
  const context = freshContext();
  await lose(context);
  const { engine, fallback } = await openEngine(input, { context });
  assert.is(engine.name, 'kernels');
  assert.match(fallback!, /^webgl: expected .*lost/);
  const webgl = await openEngine(input);
  assert.is(webgl.engine.name, 'webgl');
  assert.is(webgl.fallback, null);
  await webgl.engine[Symbol.asyncDispose]();
});

test('a GPU that computes something else is refused, and the share of wrong numbers is told', async () => {
  const input = caseInput('perceptron');
  const { engine, fallback } = await openEngine(input, { largestMismatch: -1 });
  assert.is(engine.name, 'kernels');
  assert.match(fallback!, /reference kernels, got 0\.00 % on .+/);
});

test('where textures may be small only, it computes the same, or says that a batch is too large', async () => {
  const input = caseInput('residual blocks: exact');
  const context = freshContext();
  const limit = context.MAX_TEXTURE_SIZE;
  const original = context.getParameter.bind(context);
  context.getParameter = (name: number) => (name === limit ? 32 : original(name)) as unknown;
  await using engine = await openWebglEngine(input, { context });
  await using kernels = await openKernelEngine(caseInput('residual blocks: exact'));
  const samples = samplesOf(input);
  assert.is(engine.gpu.rowShift, 5);
  assertSame(await engine.predict(samples, batch), await kernels.predict(samples, batch), 'logits');
  const many = new Uint8Array(100 * samples.length);
  const error = await rejection(engine.predict(many, 100 * batch));
  assert.match(messageOf(error), /at most 1024 texels in a texture, got .*; use a smaller batch/);
});

test('input that no engine could run is refused, not run by another', async () => {
  const input = caseInput('perceptron');
  const error = await rejection(openEngine({ ...input, parameters: new Map() }));
  assert.is((error as Error).name, 'InputError');
});

test.run();
