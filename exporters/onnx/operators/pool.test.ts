import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { expectSameOutput } from '../../../test/support/import-against-onnx-runtime.ts';
import type { NodeOptions } from '../graph-builder.ts';
import { GraphBuilder } from '../graph-builder.ts';
import { importModel } from '../import-model.ts';

const test = suite('exporters/onnx/operators/pool');

type Attributes = NonNullable<NodeOptions['attributes']>;

function poolModel(
  operator: string,
  attributes: Attributes,
  input = [3, 7, 6],
  opset = 19,
): Uint8Array {
  const g = new GraphBuilder({ opset });
  const x = g.input('x', 'float32', ['n', ...input]);
  const sizes = input.slice(1).map((_, i) => `s${i}`);
  g.output(g.node(operator, [x], { attributes, output: 'y' }), 'float32', [
    'n',
    input[0]!,
    ...sizes,
  ]);
  return g.build();
}

const windows: Readonly<Record<string, Attributes>> = {
  'its kernel as stride': { kernel_shape: [2, 3], strides: [2, 3] },
  'stride 1 by default': { kernel_shape: [2, 2] },
  'uneven pads': { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 0, 2, 1] },
  'auto_pad SAME_UPPER': { kernel_shape: [2, 2], strides: [2, 2], auto_pad: 'SAME_UPPER' },
  'auto_pad SAME_LOWER': { kernel_shape: [3, 2], strides: [2, 2], auto_pad: 'SAME_LOWER' },
  dilations: { kernel_shape: [2, 2], dilations: [2, 3] },
  ceil_mode: { kernel_shape: [2, 4], strides: [2, 3], ceil_mode: 1 },
  'ceil_mode that changes nothing': { kernel_shape: [3, 2], strides: [2, 2], ceil_mode: 1 },
};

for (const operator of ['MaxPool', 'AveragePool']) {
  for (const [name, attributes] of Object.entries(windows)) {
    test(`${operator} with ${name}`, async () => {
      await expectSameOutput(poolModel(operator, attributes), 1e-5);
    });
  }
  test(`${operator} over one axis`, async () => {
    await expectSameOutput(poolModel(operator, { kernel_shape: [3], pads: [1, 1] }, [2, 8]), 1e-5);
  });
}

test('AveragePool with count_include_pad', async () => {
  const attributes = { kernel_shape: [3, 3], pads: [1, 1, 1, 1], count_include_pad: 1 };
  await expectSameOutput(poolModel('AveragePool', attributes, [3, 7, 6], 11), 1e-5);
});

test('count_include_pad beside a partial window is refused', () => {
  const attributes = { kernel_shape: [2, 4], strides: [2, 3], ceil_mode: 1, count_include_pad: 1 };
  assert.throws(
    () => importModel(poolModel('AveragePool', attributes)),
    /expected ceil_mode without padding that counts, got both; the nearest supported form is count_include_pad 0/,
  );
});

test('ceil_mode with a window that holds padding only is refused', () => {
  const attributes = { kernel_shape: [1, 1], strides: [4, 4], pads: [0, 0, 0, 0], ceil_mode: 1 };
  assert.throws(
    () => importModel(poolModel('MaxPool', attributes, [1, 6, 6])),
    /ceil_mode whose last window/,
  );
});

test('a pool without kernel_shape is refused', () => {
  assert.throws(
    () => importModel(poolModel('MaxPool', {})),
    /\(MaxPool\): expected kernel_shape, got none/,
  );
});

for (const operator of ['GlobalAveragePool', 'GlobalMaxPool']) {
  test(operator, async () => {
    const { graph } = await expectSameOutput(poolModel(operator, {}), 1e-5);
    assert.is(graph.nodes.length, 1);
  });
}

const reductions: Readonly<Record<string, { axes: readonly number[]; keepdims?: number }>> = {
  'both axes': { axes: [2, 3] },
  'both axes, which go': { axes: [2, 3], keepdims: 0 },
  'axes counted from the end': { axes: [-1, -2] },
  'the height alone': { axes: [2] },
};

for (const [name, { axes, keepdims = 1 }] of Object.entries(reductions)) {
  for (const operator of ['ReduceMean', 'ReduceMax']) {
    test(`${operator} over ${name}`, async () => {
      const attribute = new GraphBuilder({ opset: 13 });
      const x = attribute.input('x', 'float32', ['n', 3, 5, 4]);
      const reduced = attribute.node(operator, [x], { attributes: { axes, keepdims } });
      attribute.output(reduced, 'float32', [
        'n',
        3,
        ...Array.from({ length: keepdims * 2 }, (_, i) => `s${i}`),
      ]);
      await expectSameOutput(attribute.build(), 1e-5);

      const input = new GraphBuilder({ opset: 18 });
      const x18 = input.input('x', 'float32', ['n', 3, 5, 4]);
      const reduced18 = input.node(operator, [x18, input.int64(axes)], {
        attributes: { keepdims },
      });
      input.output(reduced18, 'float32', [
        'n',
        3,
        ...Array.from({ length: keepdims * 2 }, (_, i) => `s${i}`),
      ]);
      await expectSameOutput(input.build(), 1e-5);
    });
  }
}

test('a mean over channels is refused', () => {
  const g = new GraphBuilder({ opset: 13 });
  const x = g.input('x', 'float32', ['n', 3, 5, 4]);
  g.output(g.node('ReduceMean', [x], { attributes: { axes: [1] } }), 'float32', ['n', 1, 5, 4]);
  assert.throws(
    () => importModel(g.build()),
    /expected a mean over height and width, got one over channels/,
  );
});

test.run();
