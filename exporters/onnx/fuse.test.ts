import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { expectSameOutput, randomFloats } from '../../test/support/import-against-onnx-runtime.ts';
import { GraphBuilder } from './graph-builder.ts';
import type { ImportedModel } from './import-model.ts';

const test = suite('exporters/onnx/fuse');

const channels = 4;

/** Starts at x [n, 4, 6, 6]; `build` returns the output, of the same shape but for height and width. */
function model(build: (g: GraphBuilder, x: string) => string): Uint8Array {
  const g = new GraphBuilder();
  const x = g.input('x', 'float32', ['n', channels, 6, 6]);
  g.output(build(g, x), 'float32', ['n', channels, 'h', 'w']);
  return g.build();
}

function conv(g: GraphBuilder, x: string, name: string, pads = [0, 0, 0, 0]): string {
  const w = g.constant(`${name}.w`, randomFloats(3, 9 * channels * channels), [
    channels,
    channels,
    3,
    3,
  ]);
  const b = g.constant(`${name}.b`, randomFloats(4, channels), [channels]);
  return g.node('Conv', [x, w, b], { output: name, attributes: { pads } });
}

function normalize(g: GraphBuilder, x: string, name: string): string {
  const parameters = ['scale', 'bias', 'mean', 'variance'].map((part, i) => {
    return g.constant(`${name}.${part}`, randomFloats(5 + i, channels, { low: 0.1, high: 2 }), [
      channels,
    ]);
  });
  return g.node('BatchNormalization', [x, ...parameters], { output: name });
}

function operatorsOf({ graph }: ImportedModel): string[] {
  return graph.nodes.map(({ operator }) => operator);
}

test('BatchNormalization and Relu join the convolution before them', async () => {
  const bytes = model((g, x) => g.node('Relu', [normalize(g, conv(g, x, 'c'), 'bn')]));
  const { graph } = await expectSameOutput(bytes, 1e-4);
  assert.equal(graph.nodes.length, 1);
  assert.equal(graph.nodes[0]!.attributes, {
    ...graph.nodes[0]!.attributes,
    clamp: { minimum: 0, maximum: Infinity },
  });
});

test('a clamp after a clamp is one clamp', async () => {
  const bytes = model((g, x) => {
    const relu = g.node('Relu', [conv(g, x, 'c')]);
    return g.node('Clip', [relu, g.scalar('float32', -1), g.scalar('float32', 0.25)]);
  });
  const { graph } = await expectSameOutput(bytes, 1e-5);
  assert.equal(graph.nodes[0]!.attributes, {
    ...graph.nodes[0]!.attributes,
    clamp: { minimum: 0, maximum: 0.25 },
  });
});

test('BatchNormalization before a convolution joins it where there is no padding', async () => {
  const alone = model((g, x) => conv(g, normalize(g, x, 'bn'), 'c'));
  assert.equal(operatorsOf(await expectSameOutput(alone, 1e-4)), ['conv']);
  const padded = model((g, x) => conv(g, normalize(g, x, 'bn'), 'c', [1, 1, 1, 1]));
  assert.equal(operatorsOf(await expectSameOutput(padded, 1e-4)), ['conv', 'conv']);
});

test('a factor before a padded convolution joins it', async () => {
  const bytes = model((g, x) =>
    conv(g, g.node('Div', [x, g.scalar('float32', 255)]), 'c', [1, 1, 1, 1]),
  );
  assert.equal(operatorsOf(await expectSameOutput(bytes, 1e-5)), ['conv']);
});

test('constants before a depthwise convolution join the channel they belong to', async () => {
  const bytes = model((g, x) => {
    const w = g.constant('w', randomFloats(9, 9 * channels), [channels, 1, 3, 3]);
    return g.node('Conv', [normalize(g, x, 'bn'), w], { attributes: { group: channels } });
  });
  assert.equal(operatorsOf(await expectSameOutput(bytes, 1e-4)), ['conv']);
});

test('constants before a dense layer join it', async () => {
  const g = new GraphBuilder();
  const x = g.input('x', 'float32', ['n', channels, 3, 2]);
  const w = g.constant('w', randomFloats(1, 6 * channels * 2), [6 * channels, 2]);
  g.output(g.node('MatMul', [g.node('Flatten', [normalize(g, x, 'bn')]), w]), 'float32', ['n', 2]);
  assert.equal(operatorsOf(await expectSameOutput(g.build(), 1e-4)), ['dense']);
});

test('what a value has several users for stays apart', async () => {
  const bytes = model((g, x) => {
    const shared = conv(g, x, 'c');
    return g.node('Add', [g.node('Relu', [shared]), shared]);
  });
  assert.equal(operatorsOf(await expectSameOutput(bytes, 1e-5)), ['conv', 'lookup', 'add']);
});

test('BatchNormalization after a clamp stays apart', async () => {
  const bytes = model((g, x) => normalize(g, g.node('Relu', [conv(g, x, 'c')]), 'bn'));
  assert.equal(operatorsOf(await expectSameOutput(bytes, 1e-4)), ['conv', 'conv']);
});

test('a clamp joins the sum before it', async () => {
  const bytes = model((g, x) => {
    const sum = g.node('Add', [conv(g, x, 'a', [1, 1, 1, 1]), x]);
    return g.node('Relu', [sum]);
  });
  assert.equal(operatorsOf(await expectSameOutput(bytes, 1e-5)), ['conv', 'add']);
});

test('nodes that the output does not need are left out', async () => {
  const bytes = model((g, x) => {
    conv(g, x, 'unused');
    return conv(g, x, 'used');
  });
  assert.equal(operatorsOf(await expectSameOutput(bytes, 1e-5)), ['conv']);
});

test.run();
