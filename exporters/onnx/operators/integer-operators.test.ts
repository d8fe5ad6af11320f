import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import {
  expectSameOutput,
  randomFloats,
} from '../../../test/support/import-against-onnx-runtime.ts';
import { float } from '../attribute.ts';
import type { ElementArray } from '../element-type.ts';
import { GraphBuilder } from '../graph-builder.ts';
import { importModel } from '../import-model.ts';

const test = suite('exporters/onnx/operators/integer-operators');

const microsoft = { domain: 'com.microsoft' };

class IntegerGraph {
  readonly g = new GraphBuilder({ opset: 13, contrib: true });

  /** A float input and its integers. */
  input(dimensions: readonly (number | string)[]): string {
    const x = this.g.input('x', 'float32', dimensions);
    return this.g.node('QuantizeLinear', [x, ...this.at(0.05, 100)]);
  }

  /** Names of a scale and a zero point. */
  at(scale: number, zero: number, type: 'uint8' | 'int8' = 'uint8'): string[] {
    return [this.g.scalar('float32', scale), this.g.scalar(type, zero)];
  }

  weights(name: string, dimensions: readonly number[]): string {
    const size = dimensions.reduce((a, b) => a * b, 1);
    const data = Int8Array.from(randomFloats(1, size, { low: -127, high: 127 }), Math.round);
    return this.g.constant(name, data, dimensions);
  }

  constant(name: string, data: ElementArray): string {
    return this.g.constant(name, data, [data.length]);
  }

  build(
    output: string,
    at: readonly string[],
    dimensions: readonly (number | string)[],
  ): Uint8Array {
    this.g.output(this.g.node('DequantizeLinear', [output, ...at]), 'float32', dimensions);
    return this.g.build();
  }
}

const samples = { low: -4, high: 4, isQuantized: true };

test('QLinearConv with scales per channel, then QLinearGlobalAveragePool', async () => {
  const m = new IntegerGraph();
  const x = m.input(['n', 2, 6, 6]);
  const scales = m.constant('scales', Float32Array.of(0.01, 0.005, 0.02));
  const zeros = m.constant('zeros', new Int8Array(3));
  const inputs = [
    x,
    ...m.at(0.05, 100),
    m.weights('w', [3, 2, 3, 3]),
    scales,
    zeros,
    ...m.at(0.2, 90),
  ];
  const bias = m.constant('b', Int32Array.of(500, -100, 3));
  const y = m.g.node('QLinearConv', [...inputs, bias], { attributes: { pads: [1, 1, 1, 1] } });
  const pool = m.g.node(
    'QLinearGlobalAveragePool',
    [y, ...m.at(0.2, 90), ...m.at(0.1, 80)],
    microsoft,
  );
  const imported = await expectSameOutput(
    m.build(pool, m.at(0.1, 80), ['n', 3, 1, 1]),
    1e-4,
    samples,
  );
  const { layers, values } = imported.quantized!;
  assert.equal([...layers.get(0)!.bias], [500, -100, 3]);
  assert.equal(values[2], { scale: Math.fround(0.1), zeroPoint: 80 });
});

test('QLinearMatMul, QLinearAdd and QLinearMul', async () => {
  const m = new IntegerGraph();
  const x = m.input(['n', 4]);
  const left = [x, ...m.at(0.05, 100)];
  const product = (name: string): string => {
    return m.g.node('QLinearMatMul', [
      ...left,
      m.weights(name, [4, 3]),
      ...m.at(0.01, 0, 'int8'),
      ...m.at(0.1, 128),
    ]);
  };
  const pair = [
    product('a'),
    ...m.at(0.1, 128),
    product('b'),
    ...m.at(0.1, 128),
    ...m.at(0.2, 120),
  ];
  const sum = m.g.node('QLinearAdd', pair, microsoft);
  const inputs = [sum, ...m.at(0.2, 120), sum, ...m.at(0.2, 120), ...m.at(0.5, 0)];
  const y = m.g.node('QLinearMul', inputs, microsoft);
  const { graph } = await expectSameOutput(m.build(y, m.at(0.5, 0), ['n', 3]), 1e-4, samples);
  assert.equal(
    graph.nodes.map(({ operator }) => operator),
    ['dense', 'dense', 'add', 'mul'],
  );
});

test('QGemm to integers and to floats', async () => {
  for (const isFloat of [false, true]) {
    const m = new IntegerGraph();
    const x = m.input(['n', 4]);
    const bias = m.constant('b', Int32Array.of(500, -100, 3));
    const at = isFloat ? [] : m.at(0.1, 128);
    const inputs = [
      x,
      ...m.at(0.05, 100),
      m.weights('w', [3, 4]),
      ...m.at(0.01, 0, 'int8'),
      bias,
      ...at,
    ];
    const y = m.g.node('QGemm', inputs, {
      ...microsoft,
      attributes: { transB: 1, alpha: float(1) },
    });
    if (isFloat) m.g.output(y, 'float32', ['n', 3]);
    const bytes = isFloat ? m.g.build() : m.build(y, at, ['n', 3]);
    const imported = await expectSameOutput(bytes, 1e-4, samples);
    assert.is(imported.quantized!.values[1] === null, isFloat);
  }
});

test('QLinearConcat, QLinearLeakyRelu, QLinearSigmoid and pools of integers', async () => {
  const m = new IntegerGraph();
  const x = m.input(['n', 2, 6, 6]);
  const pool = m.g.node('MaxPool', [x], { attributes: { kernel_shape: [2, 2] } });
  const leaky = m.g.node('QLinearLeakyRelu', [pool, ...m.at(0.05, 100), ...m.at(0.04, 20)], {
    ...microsoft,
    attributes: { alpha: float(0.1) },
  });
  const sigmoid = m.g.node(
    'QLinearSigmoid',
    [pool, ...m.at(0.05, 100), ...m.at(1 / 255, 0)],
    microsoft,
  );
  const inputs = [...m.at(0.05, 30), leaky, ...m.at(0.04, 20), sigmoid, ...m.at(1 / 255, 0)];
  const y = m.g.node('QLinearConcat', inputs, { ...microsoft, attributes: { axis: 1 } });
  const average = m.g.node('QLinearAveragePool', [y, ...m.at(0.05, 30), ...m.at(0.05, 30)], {
    ...microsoft,
    attributes: { kernel_shape: [2, 2] },
  });
  // ONNX Runtime computes these two functions through its own tables: one step of 0.05 may differ.
  await expectSameOutput(m.build(average, m.at(0.05, 30), ['n', 4, 4, 4]), 0.0501, samples);
});

test('operators of other domains are refused', () => {
  const m = new IntegerGraph();
  const x = m.g.input('x', 'float32', ['n', 4]);
  m.g.output(m.g.node('FusedMatMul', [x, x], microsoft), 'float32', ['n', 4]);
  assert.throws(
    () => importModel(m.g.build()),
    /\(FusedMatMul\): expected one of .*, got com.microsoft.FusedMatMul/,
  );
});

test.run();
