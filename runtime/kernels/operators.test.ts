// Every operator, with every attribute, against naive loops in double precision: outputs to within
// one quantum, gradients against finite differences of the real function.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import {
  assertClose,
  cosine,
  dequantize,
  numericGradient,
  RandomModel,
  randomStream,
  realForward,
  realModel,
  realNodeForward,
  windowOf,
} from '#test-support';

import { inferShapes } from '../graph/graph.ts';
import type { Node, ValueId } from '../graph/graph.ts';
import type { Model } from '../graph/model.ts';
import { sizeOf } from '../graph/shape.ts';
import type { Shape } from '../graph/shape.ts';
import { holdRange, inputsOf } from './forward-range.ts';
import type { Values as RangeValues } from './forward-range.ts';
import { rangeGradient } from './range-gradient.ts';
import { plainContext } from './recurrent/sequence-context.ts';
import { sitesOf } from './site.ts';
import { runWeightGradient } from './table.ts';

const test = suite('runtime/kernels/operators');

interface Subject {
  readonly shape: Shape;
  /** Least cosine with the real gradients; lower where gates depend on values already rounded. */
  readonly alignment?: number;
  readonly build: (model: RandomModel) => ValueId;
}

const same = windowOf(3, { pads: [1, 1, 1, 1] });
const two = (model: RandomModel): [ValueId, ValueId] => [
  model.conv(0, { outputChannels: 4, window: windowOf(1) }),
  model.conv(0, { outputChannels: 4, window: windowOf(1), clamp: 'relu' }),
];

const subjects: { readonly [name: string]: Subject } = {
  'a pointwise convolution': {
    shape: [4, 3, 6],
    build: (m) => m.conv(0, { outputChannels: 5, window: windowOf(1), clamp: 'relu' }),
  },
  'a 3x3 convolution': {
    shape: [5, 4, 3],
    build: (m) => m.conv(0, { outputChannels: 6, window: same }),
  },
  'a strided convolution with uneven pads': {
    shape: [7, 6, 3],
    build: (m) =>
      m.conv(0, { outputChannels: 5, window: windowOf([3, 2], { stride: 2, pads: [0, 1, 2, 0] }) }),
  },
  'a dilated convolution': {
    shape: [6, 6, 3],
    build: (m) =>
      m.conv(0, { outputChannels: 4, window: windowOf(3, { dilation: 2, pads: [2, 2, 2, 2] }) }),
  },
  'a grouped convolution': {
    shape: [5, 5, 6],
    build: (m) => m.conv(0, { outputChannels: 9, window: same, groups: 3, clamp: 'relu' }),
  },
  'a depthwise convolution': {
    shape: [6, 5, 7],
    build: (m) => m.conv(0, { outputChannels: 7, window: same, groups: 7, clamp: 'relu' }),
  },
  'a dense layer': {
    shape: [3, 3, 4],
    build: (m) => m.dense(0, { outputChannels: 10, clamp: 'relu' }),
  },
  'an addition': { shape: [4, 4, 3], build: (m) => m.add(...two(m), 'relu') },
  'an addition of a value to itself': {
    shape: [4, 4, 3],
    build: (m) => {
      const [a] = two(m);
      return m.add(a, a);
    },
  },
  'a product of equal shapes': {
    shape: [4, 4, 3],
    build: (m) => {
      const factor = m.conv(0, { outputChannels: 3, window: windowOf(1) });
      return m.mul(0, m.lookup(factor, 'sigmoid'));
    },
  },
  'a product per channel': {
    shape: [4, 4, 3],
    build: (m) => {
      const mean = m.averagePool(0, windowOf(4));
      const factor = m.conv(mean, { outputChannels: 3, window: windowOf(1) });
      return m.mul(0, m.lookup(factor, 'sigmoid'));
    },
  },
  'a concatenation': { shape: [4, 4, 3], build: (m) => m.concat(...two(m), 0) },
  'a maximum': {
    shape: [7, 7, 3],
    build: (m) => m.maxPool(0, windowOf(3, { stride: 2, pads: [1, 1, 1, 1] })),
  },
  'a mean': {
    shape: [7, 6, 3],
    build: (m) => m.averagePool(0, windowOf(3, { stride: 2, pads: [1, 1, 1, 1] })),
  },
  'a mean that counts padding': {
    shape: [7, 6, 3],
    build: (m) => m.averagePool(0, windowOf([2, 3], { pads: [1, 0, 0, 1] }), true),
  },
  'a mean of everything': { shape: [5, 4, 3], build: (m) => m.averagePool(0, windowOf([5, 4])) },
  'a table': { shape: [4, 4, 3], build: (m) => m.lookup(0, 'tanh') },
  'a residual block': {
    shape: [5, 5, 4],
    alignment: 0.98,
    build: (m) => {
      const x = m.conv(0, { outputChannels: 6, window: same, clamp: 'relu' });
      const y = m.conv(x, { outputChannels: 6, window: same });
      return m.add(y, x, 'relu');
    },
  },
};

const batch = 2;

for (const [name, { shape, build, alignment = 0.99 }] of Object.entries(subjects)) {
  const random = new RandomModel(name.length, shape);
  build(random);
  const { model } = random.finish();

  test(`${name} is within a quantum of the real one`, () => {
    const values = forward(model);
    for (const site of sitesOf(model, model.layers)) {
      const inputs = inputsOf(site, values);
      const { scale, zeroPoint } = site.outputQuantization!;
      for (let n = 0; n < batch; n++) {
        const reals = inputs.map((x, i) => dequantize(sample(x, n), site.inputQuantization[i]!));
        const real = realNodeForward(realModel(model), site.index, reals);
        const expected = real.map((y) => Math.min(255, Math.max(0, y / scale + zeroPoint)));
        assertClose(sample(values.get(site.index + 1)!, n), expected, 1);
      }
    }
  });

  test(`${name} has the gradients of the real one`, () => {
    const { atInput, atParameters, cotangent } = backward(model);
    const real = realModel(gatesRounded(model));
    const inputs = samplesOf(model);
    const inputQuantization = model.quantization[0]!;
    const numeric = { input: [] as number[], layers: new Map<number, number[]>() };
    for (let n = 0; n < batch; n++) {
      const x = dequantize(sample(inputs, n), inputQuantization);
      const weighted = sample(cotangent, n);
      const loss = (): number =>
        realForward(real, x).reduce((sum, y, i) => sum + y * weighted[i]!, 0);
      numeric.input.push(...numericGradient(x, loss));
      for (const [node, { weights, bias }] of real.layers) {
        const part = [...numericGradient(weights, loss), ...numericGradient(bias, loss)];
        const sum = numeric.layers.get(node);
        numeric.layers.set(node, sum ? sum.map((g, i) => g + part[i]!) : part);
      }
    }
    assertAligned(atInput, numeric.input, alignment, 'input');
    for (const [node, gradient] of atParameters) {
      assertAligned(
        gradient,
        numeric.layers.get(node)!,
        alignment,
        `weights and bias of node ${node}`,
      );
    }
  });
}

/** A quantised gate opens where rounding leaves its bound: half a quantum inside the clamp. */
function gatesRounded(model: Model): Model {
  const nodes = model.graph.nodes.map((node, index): Node => {
    if (node.operator !== 'conv' && node.operator !== 'dense' && node.operator !== 'add')
      return node;
    const { clamp } = node.attributes;
    if (clamp === null) return node;
    const half = model.quantization[index + 1]!.scale / 2;
    const narrowed = { minimum: clamp.minimum + half, maximum: clamp.maximum - half };
    return { ...node, attributes: { ...node.attributes, clamp: narrowed } } as Node;
  });
  return { ...model, graph: { ...model.graph, nodes } };
}

function samplesOf(model: Model): Uint8Array {
  const random = randomStream(5);
  const length = batch * sizeOf(model.graph.inputShape);
  return Uint8Array.from({ length }, () => Math.floor(random() * 256));
}

function forward(model: Model): RangeValues {
  const range = { from: 0, to: model.graph.nodes.length };
  const call = { range, input: samplesOf(model), batch, context: plainContext(1) };
  return holdRange(sitesOf(model, model.layers), call);
}

/** Real gradients of sum(cotangent * output), by the kernels. */
function backward(model: Model): {
  readonly atInput: Float32Array;
  /** Weights, then bias, by node index. */
  readonly atParameters: Map<number, number[]>;
  readonly cotangent: Float32Array;
} {
  const random = randomStream(6);
  const length = batch * sizeOf(inferShapes(model.graph).at(-1)!);
  const cotangent = Float32Array.from({ length }, () => random() * 2 - 1);
  const atParameters = new Map<number, number[]>();
  const atInput = rangeGradient(sitesOf(model, model.layers), {
    range: { from: 0, to: model.graph.nodes.length },
    values: forward(model),
    gradient: cotangent,
    batch,
    wantsInput: true,
    visitRecurrent: () => null,
    visit({ site, input, gradient }) {
      const { weights, bias, errorScale } = runWeightGradient(site, input, gradient, batch);
      const scale = errorScale * site.inputQuantization[0]!.scale;
      const real = Array.from(weights, (sum) => sum * scale);
      atParameters.set(site.index, [...real, ...Array.from(bias, (sum) => sum * errorScale)]);
    },
  });
  return { atInput: atInput!, atParameters, cotangent };
}

function sample<Values extends Uint8Array | Float32Array>(values: Values, n: number): Values {
  const size = values.length / batch;
  return values.subarray(n * size, (n + 1) * size) as Values;
}

/** Same direction to within what 8-bit errors lose, and the same length to a few percent. */
function assertAligned(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  least: number,
  what: string,
): void {
  assert.is(actual.length, expected.length);
  const alignment = cosine(actual, expected);
  assert.ok(alignment > least, `${what}: cosine ${alignment}`);
  const length = (values: ArrayLike<number>): number => Math.hypot(...Array.from(values));
  const ratio = length(actual) / length(expected);
  assert.ok(Math.abs(ratio - 1) < 0.05, `${what}: length ${ratio} of the expected`);
}

test.run();
