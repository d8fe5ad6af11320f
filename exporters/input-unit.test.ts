import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { decodePackage, oneHot, openKernelEngine, quantizeSamples, sizeOf } from '#runtime';
import type { Graph, Model, Node, Window } from '#runtime';
import {
  assertClose,
  assertSame,
  engineCases,
  randomStream,
  sequenceCases,
  sharedData,
  skipBecause,
  windowOf,
} from '#test-support';

import { openKernelLearner } from '../test/support/kernel-learner.ts';
import { runOnnx } from '../test/support/onnx-runtime.ts';
import { assemble } from './assemble.ts';
import { exportPackage } from './export.ts';
import { backpropagate } from './float/backpropagate.ts';
import { outputOf, runFloat } from './float/run.ts';
import { softmaxCrossEntropy } from './float/softmax-cross-entropy.ts';
import { inInputUnits, inputUnit } from './input-unit.ts';
import { GraphBuilder } from './onnx/graph-builder.ts';
import { importModel } from './onnx/import-model.ts';
import { prepareImported, prepareModel } from './prepare.ts';
import { dequantize } from './quantize/dequantize.ts';
import { fromImported } from './quantize/from-imported.ts';

const test = suite('exporters/input-unit');

const classes = 3;
const count = 12;

/** Two padded convolutions and logits of [n, 2, 6, 6], which `before` changes first; the first weights are at `scale`. */
function reader(
  scale: number,
  before: (g: GraphBuilder, x: string) => string = (_, x) => x,
): Uint8Array {
  const random = randomStream(3);
  const g = new GraphBuilder();
  const draw = (name: string, dimensions: readonly number[], spread = 1): string => {
    const length = dimensions.reduce((total, next) => total * next, 1);
    const data = Float32Array.from({ length }, () => spread * (2 * random() - 1));
    return g.constant(name, data, dimensions);
  };
  const attributes = { pads: [1, 1, 1, 1] };
  let x = before(g, g.input('x', 'float32', ['n', 2, 6, 6]));
  x = g.node('Conv', [x, draw('w1', [4, 2, 3, 3], scale), draw('b1', [4])], { attributes });
  x = g.node('Conv', [g.node('Relu', [x]), draw('w2', [4, 4, 3, 3]), draw('b2', [4])], {
    attributes,
  });
  x = g.node('GlobalAveragePool', [g.node('Relu', [x])]);
  const logits = g.node('MatMul', [g.node('Flatten', [x]), draw('head', [4, classes])]);
  g.output(logits, 'float32', ['n', classes]);
  return g.build();
}

/** Uniform, with a root mean square of about 1.1 times `scale`. */
function samples(scale: number): Float32Array {
  const random = randomStream(4);
  return Float32Array.from({ length: count * 72 }, () => scale * (random() * 3.8 - 1.9));
}

const y = Array.from({ length: count }, (_, n) => n % classes);

function sha256(bytes: Uint8Array): Promise<Uint8Array> {
  return Promise.resolve(new Uint8Array(createHash('sha256').update(bytes).digest()));
}

test('the unit is the power of two below the root mean square, and 1 for small samples', () => {
  const { graph } = importModel(reader(1));
  const unitOf = (size: number): number => inputUnit(graph, Float32Array.of(size, -size, size));
  const found = [0, 0.001, 0.9, 1, 1.99, 2, 3.9, 135, 255, 256, 1e9].map(unitOf);
  assert.equal(found, [1, 1, 1, 1, 1, 2, 2, 128, 128, 256, 2 ** 20]);
  assert.is(inputUnit(graph, [0, 0, 0, 16]), 8);
});

test('a model of raw pixels and its twin of pixels divided by 128 become the same package', () => {
  const prepare = (scale: number) =>
    prepareModel(reader(1 / scale), { calibration: { x: samples(scale), y } });
  const [raw, twin] = [prepare(128), prepare(1)];
  assert.is(raw.unit, 128);
  assert.is(twin.unit, 1);
  assert.equal(raw.input.deviation, [128, 128]);
  assert.equal(twin.input.deviation, [1, 1]);
  assertSame(raw.samples, twin.samples, 'samples');
  const same = { input: null };
  assert.equal({ ...assemble(raw), ...same }, { ...assemble(twin), ...same });
});

test('relative to its weights the first layer’s gradient is unit^2 times smaller, all others are as they were', () => {
  const imported = importModel(reader(1 / 128));
  const x = samples(128);
  const prepared = prepareImported({ ...imported, inputLayout: 'nhwc' }, { calibration: { x, y } });
  const gradientsOf = (model: typeof prepared.float, input: Float32Array) => {
    const values = runFloat(model, input);
    const logits = outputOf(model, values);
    const { error } = softmaxCrossEntropy(logits, oneHot(y, [...y.keys()], classes), classes);
    return backpropagate(model, values, error).parameterGradients;
  };
  const [before, after] = [gradientsOf(imported, x), gradientsOf(prepared.float, prepared.samples)];
  for (const [node, { weights, bias }] of before) {
    const unit = node === 0 ? 128 : 1;
    const [own, old] = [prepared.float.parameters.get(node)!, imported.parameters.get(node)!];
    assertSame(
      own.weights,
      old.weights.map((w) => w * unit),
      `weights of ${node}`,
    );
    const scaled = weights.map((g) => g / unit);
    assertSame(after.get(node)!.weights, scaled, `gradient of ${node}`);
    assertSame(after.get(node)!.bias, bias, `gradient of the bias of ${node}`);
    assert.ok(weights.some((g) => g !== 0));
  }
});

const constantsOf = (g: GraphBuilder, name: string, values: readonly number[]): string =>
  g.constant(name, Float32Array.from(values), [1, 2, 1, 1]);

const firstNodes: { readonly [name: string]: (g: GraphBuilder, x: string) => string } = {
  'a division': (g, x) => g.node('Div', [x, g.scalar('float32', 255)]),
  'a mean and a deviation, before padding': (g, x) => {
    const centred = g.node('Sub', [x, constantsOf(g, 'mean', [120, 100])]);
    return g.node('Div', [centred, constantsOf(g, 'deviation', [60, 70])]);
  },
  'batch normalisation': (g, x) => {
    const vectors = { scale: [1, 2], bias: [0.5, 0], mean: [90, 100], variance: [4000, 5000] };
    const parameters = Object.entries(vectors).map(([name, values]) =>
      g.constant(name, Float32Array.from(values), [2]),
    );
    return g.node('BatchNormalization', [x, ...parameters]);
  },
};

const files: { readonly [name: string]: Uint8Array } = {
  'raw pixels': reader(1 / 128),
  pools: pooledReader(),
  ...Object.fromEntries(
    Object.entries(firstNodes).map(([name, before]) => [name, reader(1, before)]),
  ),
};

for (const [name, bytes] of Object.entries(files)) {
  test(`logits are ONNX Runtime's on the file as it came: ${name}`, async () => {
    const random = randomStream(6);
    const x = Float32Array.from({ length: count * 72 }, () => Math.floor(256 * random()));
    const prepared = prepareModel(bytes, { calibration: { x } });
    assert.is(prepared.unit, 128);
    assert.ok(prepared.notes.some((note) => note.startsWith('input: samples are divided by 128')));
    const expected = Object.values(await runOnnx(bytes, { x: [x, [count, 2, 6, 6]] }))[0]!;
    const { float } = prepared;
    const logits = outputOf(float, runFloat(float, prepared.samples));
    assertClose(logits, expected.data as Float32Array, 1e-3);
  });
}

/** A dense layer on two pools of [n, 2, 6, 6] side by side. */
function pooledReader(): Uint8Array {
  const random = randomStream(8);
  const g = new GraphBuilder();
  const input = g.input('x', 'float32', ['n', 2, 6, 6]);
  const attributes = { kernel_shape: [2, 2], strides: [1, 1] };
  const pooled = ['MaxPool', 'AveragePool'].map((operator) =>
    g.node(operator, [input], { attributes }),
  );
  const x = g.node('Flatten', [g.node('Concat', pooled, { attributes: { axis: 1 } })]);
  const data = Float32Array.from({ length: 100 * classes }, () => (random() - 0.5) / 128);
  g.output(g.node('MatMul', [x, g.constant('w', data, [100, classes])]), 'float32', ['n', classes]);
  return g.build();
}

test('an int8 model keeps its integers, and its predictions to the bit', async () => {
  let changed = 0;
  for (const { name, input } of [...engineCases(), ...sequenceCases()]) {
    const { quantization: values, layers, graph } = input.model;
    const imported = {
      graph,
      parameters: dequantize(input.model).parameters as ReturnType<
        typeof importModel
      >['parameters'],
      inputLayout: 'nhwc',
      softmax: false,
      quantized: { values, layers },
      notes: [],
    } as const;
    const unit = inputUnit(graph, Float32Array.of(135));
    const rescaled = inInputUnits(imported, unit);
    const before = fromImported(imported, imported.quantized);
    const after = fromImported(rescaled, rescaled.quantized!);
    if (unit === 128) changed++;
    assert.is(after.quantization[0]!.scale, before.quantization[0]!.scale / unit);
    const random = randomStream(2);
    const length = 3 * sizeOf(graph.inputShape);
    const x = Uint8Array.from({ length }, () => Math.floor(256 * random()));
    const logitsOf = async (model: Model): Promise<Float32Array> => {
      const parameters = model.layers;
      await using engine = await openKernelEngine({
        ...input,
        model,
        parameters,
        programs: new Map(),
      });
      return engine.predict(x, 3);
    };
    assertSame(await logitsOf(after), await logitsOf(before), name);
  }
  assert.ok(changed > 10, `${changed} models read their input by layers`);
});

const pooling: Window = windowOf(2);
const head: Node = {
  name: 'head',
  operator: 'dense',
  attributes: { outputChannels: 2, clamp: null },
  inputs: [1],
};

test('tokens, functions and sums of the input, and models without a layer leave it as it is', () => {
  const first: readonly Node[] = [
    { name: 'table', operator: 'embedding', attributes: { size: 3 }, inputs: [0] },
    {
      name: 'tanh',
      operator: 'lookup',
      attributes: { activation: 'tanh', parameters: [] },
      inputs: [0],
    },
    { name: 'sum', operator: 'add', attributes: { clamp: null }, inputs: [0, 0] },
    { name: 'square', operator: 'mul', attributes: {}, inputs: [0, 0] },
  ];
  const graphs: Graph[] = first.map((node) => ({ inputShape: [4, 1, 1], nodes: [node, head] }));
  const average: Node = {
    name: 'mean',
    operator: 'averagePool',
    attributes: { window: pooling, countPadding: false },
    inputs: [0],
  };
  graphs.push({ inputShape: [2, 2, 3], nodes: [average] });
  const skip: Node = { name: 'both', operator: 'concat', attributes: {}, inputs: [0, 1] };
  const conv: Node = {
    name: 'conv',
    operator: 'conv',
    attributes: { window: windowOf(1), outputChannels: 2, groups: 1, clamp: null },
    inputs: [0],
  };
  graphs.push({ inputShape: [2, 2, 3], nodes: [conv, skip, { ...head, inputs: [2] }] });
  for (const graph of graphs) assert.is(inputUnit(graph, [200, 255]), 1);
});

test('a package predicts from the numbers its user always had, whatever mean and deviation', async () => {
  const bytes = reader(1);
  const raw = samples(128).map((value) => value + 100);
  // Normalised, these are still 16 times a unit.
  const options = { calibration: { x: raw, y }, mean: [100, 100], deviation: [8, 4], sha256 };
  const made = await exportPackage(bytes, options);
  const content = await decodePackage(made.bytes, sha256);
  assert.equal(content.input.mean, [100, 100]);
  assert.equal(content.input.deviation, [8 * 16, 4 * 16]);
  const normalised = raw.map((value, i) => (value - 100) / (i % 72 < 36 ? 8 : 4));
  const feeds = { x: [normalised, [count, 2, 6, 6]] } as const;
  const expected = Object.values(await runOnnx(bytes, feeds))[0]!.data as Float32Array;
  const { learner } = await openKernelLearner(content);
  let right = 0;
  for (let n = 0; n < count; n++) {
    const { label } = await learner.predict(raw.subarray(n * 72, (n + 1) * 72));
    const logits = Array.from(expected.subarray(n * classes, (n + 1) * classes));
    if (label === String(logits.indexOf(Math.max(...logits)))) right++;
  }
  assert.ok(right >= count - 1, `${right} of ${count} labels are ONNX Runtime's`);
});

const resnet = sharedData('resnet8_cifar10_int8_qdq.onnx');
const onResnet = resnet === null ? skipBecause(test, 'resnet8 is not here') : test;

onResnet('a published int8 model of pixels keeps every label score', async () => {
  const imported = importModel(readFileSync(resnet!));
  const random = randomStream(9);
  const x = Float32Array.from({ length: 2 * 3072 }, () => Math.floor(256 * random()));
  const { model, input, modules, unit } = prepareImported(imported, { calibration: { x } });
  assert.is(unit, 128);
  const logitsOf = async (of: Model, description: typeof input): Promise<Float32Array> => {
    const plan = {
      rules: modules.map(() => 'frozen' as const),
      batchSize: 1,
      epochs: 1,
      learningRate: 0.01,
      feedbackRatio: 0.3,
      clip: 0.02,
      recurrence: null,
    };
    await using engine = await openKernelEngine({
      model: of,
      modules,
      plan,
      feedback: [],
      stateFeedback: [],
      parameters: of.layers,
      programs: new Map(),
    });
    const [shape, quantization] = [of.graph.inputShape, of.quantization[0]!];
    return engine.predict(quantizeSamples(x, { shape, quantization, description }), 2);
  };
  const asItCame = fromImported(imported, imported.quantized!);
  const expected = await logitsOf(asItCame, { ...input, deviation: [1, 1, 1] });
  assertSame(await logitsOf(model, input), expected, 'logits');
});

test.run();
