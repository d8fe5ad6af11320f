// The same package on WebGL and on the reference kernels: every module's output, and the weights after
// twenty learning steps, of public models. What the kernels learn, the Raspberry Pi's engine is held to
// by the same suite.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { assemble, prepareImported, importModel } from '#exporters';
import { layoutOf, learnStep, openKernelEngine, sizeOf } from '#runtime';
import type { DeviceActivation, Engine, EngineInput, StepRates } from '#runtime';

import { openWebglEngine } from '../../targets/browser/engine/open-webgl-engine.ts';
import { assertSame } from '../support/assert-same.ts';
import { copyParameters } from '../support/engine-suite.ts';
import { randomStream } from '../support/random-stream.ts';
import { skipBecause } from '../support/skip.ts';

const test = suite('targets/browser/engine on real models');
const batch = 4;
const steps = 20;

/** Models and the values that their samples take. */
const models = {
  resnet8_cifar10_int8_qdq: 256,
  dscnn_kws_int8_qdq: 256,
  'mnist-8': 256,
} as const;

function contentOf(onnx: Uint8Array, levels: number): Omit<EngineInput, 'parameters' | 'programs'> {
  const imported = importModel(onnx);
  const random = randomStream(1);
  const length = 4 * sizeOf(imported.graph.inputShape);
  const x = Float32Array.from({ length }, () => Math.floor(levels * random()));
  const prepared = prepareImported(imported, { calibration: { x } });
  return assemble(prepared, { feedback: { kind: 'random' } });
}

for (const [name, levels] of Object.entries(models)) {
  const response = await fetch(`/models/${name}.onnx`);
  const onModel = response.ok ? test : skipBecause(test, `${name}.onnx is not here`);
  const onnx = new Uint8Array(await response.arrayBuffer());

  onModel(`${name}: every module and twenty steps are the kernels', bit for bit`, async () => {
    const content = contentOf(onnx, levels);
    const [ofGpu, ofKernels] = [
      copyParameters(content.model.layers),
      copyParameters(content.model.layers),
    ];
    const programs = new Map<string, Uint8Array>();
    await using gpu = await openWebglEngine({ ...content, parameters: ofGpu, programs });
    await using kernels = openKernelEngine({ ...content, parameters: ofKernels, programs });
    const random = randomStream(2);
    const length = batch * sizeOf(content.model.graph.inputShape);
    const samples = Uint8Array.from({ length }, () => Math.floor(256 * random()));

    await sameModules(gpu, kernels, samples, content.modules.length);
    for (let step = 0; step < steps; step++) {
      const rates = { rate: 0.06 / batch, clip: 0.02, ratio: 1, step, seed: 3 };
      const [actual, expected] = [
        await stepOf(gpu, content, samples, rates),
        await stepOf(kernels, content, samples, rates),
      ];
      assertSame(actual, expected, `logits of step ${step}`);
    }
    await gpu.pull();
    let moved = 0;
    for (const [node, { weights, bias }] of ofKernels) {
      assertSame(ofGpu.get(node)!.weights, weights, `weights of ${node}`);
      assertSame(ofGpu.get(node)!.bias, bias, `bias of ${node}`);
      const exported = content.model.layers.get(node)!.weights;
      moved += weights.filter((weight, i) => weight !== exported[i]).length;
    }
    assert.ok(moved > 1000, `${moved} weights moved`);
  });
}

/** Runs a module and disposes what it read. */
async function next(
  engine: Engine,
  module: number,
  input: DeviceActivation,
): Promise<DeviceActivation> {
  const output = await engine.forward(module, module + 1, input);
  input.dispose();
  return output;
}

async function sameModules(
  gpu: Engine,
  kernels: Engine,
  samples: Uint8Array,
  modules: number,
): Promise<void> {
  let actual = gpu.upload(samples, batch);
  let expected = kernels.upload(samples, batch);
  for (let module = 0; module + 1 < modules; module++) {
    actual = await next(gpu, module, actual);
    expected = await next(kernels, module, expected);
    const what = `output of module ${module}`;
    assertSame(await gpu.download(actual), await kernels.download(expected), what);
  }
  actual.dispose();
  expected.dispose();
  assertSame(await gpu.predict(samples, batch), await kernels.predict(samples, batch), 'logits');
}

async function stepOf(
  engine: Engine,
  { plan, modules, feedback, model }: ReturnType<typeof contentOf>,
  samples: Uint8Array,
  rates: StepRates,
): Promise<Float32Array> {
  const layout = layoutOf(plan, modules, feedback);
  const classes = model.layers.get(model.graph.nodes.length - 1)?.bias.length ?? 10;
  const targets = new Float32Array(batch * classes);
  for (let n = 0; n < batch; n++) targets[n * classes + ((7 * n) % classes)] = 1;
  const uploaded = engine.upload(samples, batch);
  const input = await engine.forward(0, layout.trained, uploaded);
  const logits = await learnStep(engine, layout, { input, targets }, rates);
  input.dispose();
  uploaded.dispose();
  return logits;
}

test.run();
