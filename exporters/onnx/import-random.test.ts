// Random models of every shape of operator, held to ONNX Runtime: what no list of cases thinks of.
import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { compareImport, randomFloats } from '../../test/support/import-against-onnx-runtime.ts';
import { GraphBuilder } from './graph-builder.ts';

const test = suite('exporters/onnx/import-random');

/** A value [n, channels, height, width] of the graph under construction. */
interface Image {
  readonly name: string;
  readonly channels: number;
  readonly height: number;
  readonly width: number;
}

type Step = (g: GraphBuilder, image: Image, seed: number) => Image;

function constant(g: GraphBuilder, seed: number, dimensions: readonly number[], low = -1): string {
  const size = dimensions.reduce((a, b) => a * b, 1);
  return g.constant(`c${seed}.${low}`, randomFloats(seed, size, { low }), dimensions);
}

const small = fc.integer({ min: 1, max: 3 });
const pad = fc.integer({ min: 0, max: 1 });
const windows = fc.record({
  kernel_shape: fc.tuple(small, small),
  strides: fc.tuple(small, small),
  pads: fc.tuple(pad, pad, pad, pad),
});

type WindowAttributes = typeof windows extends fc.Arbitrary<infer Value> ? Value : never;

/** Null where the window does not fit, or its padding reaches its kernel, which ONNX forbids for pools. */
function outputOf(
  { height, width }: Image,
  { kernel_shape: [kh, kw], strides, pads }: WindowAttributes,
) {
  const h = Math.floor((height + pads[0] + pads[2] - kh) / strides[0]) + 1;
  const w = Math.floor((width + pads[1] + pads[3] - kw) / strides[1]) + 1;
  const isPaddedLess = Math.max(pads[0], pads[2]) < kh && Math.max(pads[1], pads[3]) < kw;
  return h < 1 || w < 1 || !isPaddedLess ? null : { height: h, width: w };
}

const steps: fc.Arbitrary<Step> = fc.oneof(
  fc
    .record({ window: windows, outputs: small, isDepthwise: fc.boolean() })
    .map(({ window, outputs, isDepthwise }): Step => (g, image, seed) => {
      const size = outputOf(image, window);
      if (size === null) return image;
      const group = isDepthwise ? image.channels : 1;
      const channels = outputs * group;
      const w = constant(g, seed, [channels, image.channels / group, ...window.kernel_shape]);
      const attributes = { ...window, group };
      return { ...size, channels, name: g.node('Conv', [image.name, w], { attributes }) };
    }),
  fc
    .tuple(fc.constantFrom('MaxPool', 'AveragePool'), windows, pad)
    .map(([operator, window, counts]): Step => (g, image) => {
      const size = outputOf(image, window);
      if (size === null) return image;
      const attributes = operator === 'MaxPool' ? window : { ...window, count_include_pad: counts };
      return { ...image, ...size, name: g.node(operator, [image.name], { attributes }) };
    }),
  fc
    .constantFrom('Relu', 'Sigmoid', 'Tanh', 'HardSwish', 'LeakyRelu', 'Identity')
    .map((operator): Step => (g, image) => ({ ...image, name: g.node(operator, [image.name]) })),
  fc
    .tuple(fc.constantFrom('Add', 'Sub', 'Mul'), fc.boolean())
    .map(([operator, isFirst]): Step => (g, image, seed) => {
      const inputs = [image.name, constant(g, seed, [image.channels, 1, 1])];
      return { ...image, name: g.node(operator, isFirst ? inputs.toReversed() : inputs) };
    }),
  fc.constant<Step>((g, image, seed) => {
    const parameters = [1, 2, 3].map((i) => constant(g, seed + i / 10, [image.channels]));
    const variance = constant(g, seed, [image.channels], 0.1);
    return { ...image, name: g.node('BatchNormalization', [image.name, ...parameters, variance]) };
  }),
  fc.constantFrom('Add', 'Mul').map((operator): Step => (g, image) => ({
    ...image,
    name: g.node(operator, [image.name, g.node('Relu', [image.name])]),
  })),
  fc.constant<Step>((g, image) => {
    const factors = g.node('Sigmoid', [g.node('GlobalAveragePool', [image.name])]);
    return { ...image, name: g.node('Mul', [image.name, factors]) };
  }),
  fc.constant<Step>((g, image) => {
    const inputs = [image.name, g.node('Tanh', [image.name])];
    const name = g.node('Concat', inputs, { attributes: { axis: 1 } });
    return { ...image, channels: 2 * image.channels, name };
  }),
  fc.constant<Step>((g, image) => {
    const nhwc = g.node('Transpose', [image.name], { attributes: { perm: [0, 2, 3, 1] } });
    const activated = g.node('Relu', [nhwc]);
    return {
      ...image,
      name: g.node('Transpose', [activated], { attributes: { perm: [0, 3, 1, 2] } }),
    };
  }),
);

const inputs = fc.record({
  channels: fc.integer({ min: 1, max: 4 }),
  height: fc.integer({ min: 1, max: 7 }),
  width: fc.integer({ min: 1, max: 7 }),
});

function build(
  { channels, height, width }: Omit<Image, 'name'>,
  chain: readonly Step[],
): Uint8Array {
  const g = new GraphBuilder();
  let image: Image = {
    channels,
    height,
    width,
    name: g.input('x', 'float32', ['n', channels, height, width]),
  };
  for (const [index, step] of chain.entries()) {
    image = step(g, image, 100 + index);
    if (image.channels > 64) break;
  }
  const size = image.channels * image.height * image.width;
  const flat = g.node('Flatten', [image.name]);
  g.output(g.node('Gemm', [flat, constant(g, 99, [size, 3])]), 'float32', ['n', 3]);
  return g.build();
}

test('random models compute what ONNX Runtime computes', async () => {
  await fc.assert(
    fc.asyncProperty(inputs, fc.array(steps, { maxLength: 7 }), async (input, chain) => {
      const { actual, expected } = await compareImport(build(input, chain));
      // Products of products grow; the tolerance grows with them.
      const scale = Math.max(1, ...expected.map(Math.abs));
      const worst = Math.max(...expected.map((value, i) => Math.abs(value - actual[i]!)));
      assert.ok(worst < 1e-5 * scale, `off by ${worst} of ${scale}`);
    }),
    { numRuns: 200, seed: 7 },
  );
});

test.run();
