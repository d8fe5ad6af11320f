import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import {
  compareImport,
  expectSameOutput,
  randomFloats,
} from '../../../test/support/import-against-onnx-runtime.ts';
import type { ElementArray } from '../element-type.ts';
import { GraphBuilder } from '../graph-builder.ts';
import { importModel } from '../import-model.ts';

const test = suite('exporters/onnx/operators/quantize');

type Bytes = typeof Int8Array | typeof Uint8Array;

/** The value rounded to a scale, and back. */
function rounded(g: GraphBuilder, x: string, scale: number, zero: ElementArray): string {
  const at = [g.scalar('float32', scale), g.constant(`${x}.zero`, zero, [])];
  return g.node('DequantizeLinear', [g.node('QuantizeLinear', [x, ...at]), ...at]);
}

function integers(type: Bytes, seed: number, length: number): Int8Array | Uint8Array {
  const low = type === Int8Array ? -127 : 1;
  return type.from(randomFloats(seed, length, { low, high: low + 254 }).map(Math.round));
}

interface LayerOptions {
  readonly type?: Bytes;
  /** One for each of the three output channels, or one for all. */
  readonly scales?: readonly number[];
  readonly zero?: readonly number[];
}

/** A 3x3 convolution of two channels whose weights and bias are dequantised; input scale 0.05. */
function conv(
  g: GraphBuilder,
  x: string,
  { type = Int8Array, scales = [0.01], zero = scales.map(() => 0) }: LayerOptions,
): string {
  const dimensions = scales.length === 1 ? [] : [scales.length];
  const options = { attributes: { axis: 0 } };
  const quantized = g.constant('w.q', integers(type, 1, 54), [3, 2, 3, 3]);
  const scale = g.constant('w.scale', Float32Array.from(scales), dimensions);
  const zeros = g.constant('w.zero', type.from(zero), dimensions);
  const w = g.node('DequantizeLinear', [quantized, scale, zeros], options);
  const biasScale = g.constant(
    'b.scale',
    Float32Array.from(scales, (s) => s * Math.fround(0.05)),
    dimensions,
  );
  const bias = g.constant('b.q', Int32Array.of(100, -2000, 30), [3]);
  return g.node('Conv', [x, w, g.node('DequantizeLinear', [bias, biasScale], options)]);
}

function layer(options: LayerOptions, type: Bytes = Uint8Array): Uint8Array {
  const g = new GraphBuilder({ opset: 13 });
  const x = rounded(g, g.input('x', 'float32', ['n', 2, 6, 6]), 0.05, type.of(3));
  g.output(rounded(g, conv(g, x, options), 0.2531, type.of(7)), 'float32', ['n', 3, 4, 4]);
  return g.build();
}

const samples = { low: -5, high: 5, isQuantized: true };
/** ONNX Runtime otherwise merges one rounding into the next. */
const asWritten = { session: { graphOptimizationLevel: 'disabled' } } as const;

test('int8 and uint8 activations and weights keep their integers', async () => {
  const perChannel = [0.01, 0.002, 0.03];
  const cases: readonly (readonly [LayerOptions, Bytes])[] = [
    [{}, Uint8Array],
    [{}, Int8Array],
    [{ scales: perChannel }, Int8Array],
    [{ type: Uint8Array, zero: [128] }, Uint8Array],
    [{ scales: perChannel, type: Uint8Array, zero: [128, 128, 128] }, Uint8Array],
  ];
  for (const [options, type] of cases) {
    const imported = await expectSameOutput(layer(options, type), 1e-4, samples);
    const { values, layers } = imported.quantized!;
    const zeroPoint = type === Int8Array ? 131 : 3;
    assert.equal(values[0], { scale: Math.fround(0.05), zeroPoint });
    assert.equal([...layers.get(0)!.bias], [100, -2000, 30]);
    assert.equal(imported.notes, []);
  }
});

test('a zero point that fits int8 is subtracted, one that does not is requantised and noted', async () => {
  const kept = importModel(layer({ zero: [1] }));
  assert.equal(kept.notes, []);
  assert.is(kept.quantized!.layers.get(0)!.weightScales[0], Math.fround(0.01));

  const { imported, actual, expected } = await compareImport(
    layer({ type: Uint8Array, zero: [90] }),
    samples,
  );
  assert.match(imported.notes.join(), /output channels do not fit int8 without a zero point/);
  const worst = Math.max(...expected.map((value, i) => Math.abs(value - actual[i]!)));
  assert.ok(worst < 0.2531 * 2.01, `${worst}`);
});

test('the float form is what the integers stand for', async () => {
  const { parameters } = importModel(layer({}));
  const { weights, bias } = parameters.get(0)!;
  assert.ok(Math.abs(bias[1]! - -2000 * 0.01 * 0.05) < 1e-6);
  assert.ok(weights.every((weight) => Math.abs(weight) <= 1.27001));
});

test('BatchNormalization after integer weights scales their channels, with signs', async () => {
  const g = new GraphBuilder({ opset: 13 });
  const x = rounded(g, g.input('x', 'float32', ['n', 2, 6, 6]), 0.05, Uint8Array.of(3));
  const parameters = [
    [0.5, -0.7, 1.1],
    [0.1, 0.2, -0.3],
    [0.3, 0, -0.1],
    [1, 2, 0.5],
  ].map((values, i) => g.constant(`bn${i}`, Float32Array.from(values), [3]));
  const y = g.node('BatchNormalization', [conv(g, x, {}), ...parameters]);
  g.output(rounded(g, y, 0.1777, Uint8Array.of(120)), 'float32', ['n', 3, 4, 4]);
  const imported = await expectSameOutput(g.build(), 1e-4, samples);
  assert.ok(imported.quantized!.layers.get(0)!.weightScales.every((scale) => scale > 0));
  assert.equal(imported.notes, []);
});

test('weights that are only stored as int8 make a float model', async () => {
  const g = new GraphBuilder({ opset: 13 });
  g.output(conv(g, g.input('x', 'float32', ['n', 2, 6, 6]), {}), 'float32', ['n', 3, 4, 4]);
  const imported = await expectSameOutput(g.build(), 1e-4);
  assert.is(imported.quantized, null);
});

test('weights that are quantised in the file as it runs keep their integers', async () => {
  const g = new GraphBuilder({ opset: 13 });
  const x = rounded(g, g.input('x', 'float32', ['n', 4]), 0.05, Uint8Array.of(100));
  const w = rounded(g, g.constant('w', randomFloats(1, 12), [4, 3]), 0.01, Int8Array.of(0));
  g.output(rounded(g, g.node('MatMul', [x, w]), 0.05, Uint8Array.of(128)), 'float32', ['n', 3]);
  const imported = await expectSameOutput(g.build(), 1e-4, { low: -4, high: 4, isQuantized: true });
  assert.is(imported.quantized!.layers.get(0)!.weightScales[2], Math.fround(0.01));
});

test('scales per column of MatMul follow the transpose', async () => {
  const g = new GraphBuilder({ opset: 13 });
  const x = rounded(g, g.input('x', 'float32', ['n', 4]), 0.05, Uint8Array.of(100));
  const q = g.constant('q', integers(Int8Array, 3, 12), [3, 4]);
  const scale = g.constant('scale', Float32Array.of(0.01, 0.02, 0.03), [3]);
  const zeros = g.constant('zeros', new Int8Array(3), [3]);
  const w = g.node('DequantizeLinear', [q, scale, zeros], { attributes: { axis: 0 } });
  const product = g.node('MatMul', [x, g.node('Transpose', [w])]);
  g.output(rounded(g, product, 0.05, Uint8Array.of(128)), 'float32', ['n', 3]);
  // ONNX Runtime 1.30 aborts the process when it optimises this graph.
  const imported = await expectSameOutput(g.build(), 1e-4, {
    ...samples,
    ...asWritten,
  });
  assert.equal(
    [...imported.quantized!.layers.get(0)!.weightScales],
    [0.01, 0.02, 0.03].map(Math.fround),
  );
});

test('a value that is read at two scales is rescaled by a table', async () => {
  const g = new GraphBuilder({ opset: 13 });
  const x = rounded(g, g.input('x', 'float32', ['n', 2, 6, 6]), 0.05, Uint8Array.of(100));
  const pool = g.node('MaxPool', [x], { attributes: { kernel_shape: [2, 2] } });
  g.output(
    rounded(g, rounded(g, pool, 0.05, Uint8Array.of(100)), 0.0803, Uint8Array.of(80)),
    'float32',
    ['n', 2, 5, 5],
  );
  const { graph } = await expectSameOutput(g.build(), 1e-4, { ...samples, ...asWritten });
  assert.equal(
    graph.nodes.map(({ operator }) => operator),
    ['maxPool', 'lookup'],
  );
});

test('values without a scale get the one that follows, or send the model to calibration', () => {
  const model = (operator: string): Uint8Array => {
    const g = new GraphBuilder({ opset: 13 });
    const x = rounded(g, g.input('x', 'float32', ['n', 2, 6, 6]), 0.05, Uint8Array.of(100));
    const middle = g.node(operator, operator === 'Add' ? [x, x] : [x]);
    g.output(rounded(g, conv(g, middle, {}), 0.25, Uint8Array.of(7)), 'float32', ['n', 3, 4, 4]);
    return g.build();
  };
  const { scale, zeroPoint } = importModel(model('Sigmoid')).quantized!.values[1]!;
  assert.ok(Math.abs(scale - 1 / 255) < 1e-5 && zeroPoint === 0);
  const sum = importModel(model('Add'));
  assert.is(sum.quantized, null);
  assert.match(sum.notes.join(), /keeps this value in floats, so the model is quantised anew/);
});

test('a layer that the file has in floats is quantised, and noted', async () => {
  const g = new GraphBuilder({ opset: 13 });
  const x = rounded(g, g.input('x', 'float32', ['n', 4]), 0.05, Uint8Array.of(100));
  g.output(g.node('MatMul', [x, g.constant('w', randomFloats(1, 12), [4, 3])]), 'float32', [
    'n',
    3,
  ]);
  const imported = await expectSameOutput(g.build(), 0.05, { low: -4, high: 4, isQuantized: true });
  assert.match(imported.notes.join(), /keeps its weights in floats; they were quantised/);
});

test('other quantisation is refused by name', () => {
  const model = (scale: ElementArray, dimensions: readonly number[], zero: ElementArray) => () => {
    const g = new GraphBuilder({ opset: 21 });
    const x = g.input('x', 'float32', ['n', 2, 6, 6]);
    const at = [g.constant('s', scale, dimensions), g.constant('z', zero, dimensions)];
    g.output(g.node('DequantizeLinear', [g.node('QuantizeLinear', [x, ...at]), ...at]), 'float32', [
      'n',
      2,
      6,
      6,
    ]);
    return importModel(g.build());
  };
  assert.throws(
    model(Float32Array.of(1, 1), [2], Uint8Array.of(0, 0)),
    /\(QuantizeLinear\): expected one positive scale for all of an activation, got 2/,
  );
  assert.throws(
    model(Float32Array.of(1), [], Uint16Array.of(0)),
    /expected uint8 or int8 activations, got uint16/,
  );
  assert.throws(
    model(Float32Array.of(0), [], Uint8Array.of(0)),
    /expected one positive scale .*, got 0/,
  );
});

test.run();
