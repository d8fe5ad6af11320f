import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { FormatError, UnsupportedError } from '#runtime';

import { float } from './attribute.ts';
import { GraphBuilder } from './graph-builder.ts';
import { importModel } from './import-model.ts';

const test = suite('exporters/onnx/import-errors');

function refuses(
  build: (g: GraphBuilder, x: string) => string,
  expected: RegExp,
  opset = 18,
): void {
  const g = new GraphBuilder({ opset, contrib: true });
  const x = g.input('x', 'float32', ['n', 2, 4, 4]);
  g.output(build(g, x), 'float32', ['n', 2]);
  assert.throws(
    () => importModel(g.build()),
    (error: unknown) => error instanceof UnsupportedError && expected.test(error.message),
  );
}

test('an unknown operator is refused with what there is, and the nearest of it', () => {
  refuses(
    (g, x) =>
      g.node('ConvTranspose', [x, g.constant('w', new Float32Array(4), [2, 2, 1, 1])], {
        output: 'conv3',
      }),
    /^node "conv3" \(ConvTranspose\): expected one of Add, .*Conv, .*, got ConvTranspose; the nearest supported form is Conv;/,
  );
  refuses(
    (g, x) => g.node('Elu', [x]),
    /got Elu; the nearest supported form is LeakyRelu or HardSwish$/,
  );
  refuses((g, x) => g.node('Erf', [x]), /, got Erf$/);
});

test('operator sets outside 7 to 21 are refused', () => {
  refuses((g, x) => g.node('Relu', [x]), /expected operator set 7 to 21, got 6; convert it/, 6);
  refuses((g, x) => g.node('Relu', [x]), /expected operator set 7 to 21, got 22/, 22);
});

test('several inputs or outputs are refused by name', () => {
  const g = new GraphBuilder();
  const [a, b] = ['a', 'b'].map((name) => g.input(name, 'float32', ['n', 2]));
  const sum = g.node('Add', [a!, b!], { output: 'sum' });
  g.output(sum, 'float32', ['n', 2]);
  assert.throws(
    () => importModel(g.build()),
    /expected one input, got 2 \("a", "b"\); export a model with one/,
  );
  const two = new GraphBuilder();
  const x = two.input('x', 'float32', ['n', 2]);
  for (const name of ['p', 'q'])
    two.output(two.node('Relu', [x], { output: name }), 'float32', ['n', 2]);
  assert.throws(() => importModel(two.build()), /expected one output, got 2 \("p", "q"\)/);
});

test('an output that is the input, or a constant, is refused', () => {
  refuses(
    (g, x) => g.node('Identity', [x]),
    /^output "Identity_0": expected a value computed from the input/,
  );
  refuses(
    (g) => g.node('Identity', [g.scalar('float32', 1)]),
    /^output ".*": expected a value computed/,
  );
});

test('attributes of another kind than the operator has are damage', () => {
  const g = new GraphBuilder();
  const x = g.input('x', 'float32', ['n', 2]);
  g.output(g.node('LeakyRelu', [x], { attributes: { alpha: 1 }, output: 'y' }), 'float32', [
    'n',
    2,
  ]);
  assert.throws(
    () => importModel(g.build()),
    (error: unknown) =>
      error instanceof FormatError &&
      error.message ===
        'node "y" (LeakyRelu): expected attribute "alpha" to be a float, got another',
  );
});

test('BatchNormalization that trains, and casts to other types, are refused', () => {
  refuses((g, x) => {
    const parameters = ['s', 'b', 'm', 'v'].map((name) =>
      g.constant(name, new Float32Array(2), [2]),
    );
    return g.node('BatchNormalization', [x, ...parameters], { attributes: { training_mode: 1 } });
  }, /got training_mode 1; the nearest supported form is model.eval\(\) before the export/);
  refuses(
    (g, x) => g.node('Cast', [x], { attributes: { to: 10 } }),
    /expected a cast of float32 to itself, got to type 10/,
  );
});

test('a small file cannot ask for a large memory', () => {
  const g = new GraphBuilder();
  let x = g.input('x', 'float32', ['n', 2 ** 24, 1, 1]);
  for (let i = 0; i < 40; i++) x = g.node('Mul', [x, g.scalar('float32', 2)]);
  g.output(x, 'float32', ['n', 'c', 1, 1]);
  assert.throws(
    () => importModel(g.build()),
    /expected constants in proportion to the file, got far more/,
  );
});

test('weights that are not finite, and reads of a second output, are refused by name', () => {
  const nan = new GraphBuilder();
  const x = nan.input('x', 'float32', ['n', 2]);
  const w = nan.constant('w', Float32Array.of(1, Number.NaN), [2, 1]);
  nan.output(nan.node('MatMul', [x, w], { output: 'fc' }), 'float32', ['n', 1]);
  assert.throws(() => importModel(nan.build()), /^node "fc": expected finite weights and biases/);
  refuses((g, image) => {
    const attributes = { kernel_shape: [2, 2] };
    const [, indices] = g.nodeWithOutputs('MaxPool', [image], 2, { output: 'pool', attributes });
    return g.node('Relu', [indices!], { output: 'y' });
  }, /^node "y" \(Relu\): expected the first output of a node as input, or Y_h of a recurrent one, got "pool:1", another output/);
});

test('nodes get names of their own', () => {
  const g = new GraphBuilder({ opset: 13, contrib: true });
  const x = g.input('x', 'float32', ['n', 2]);
  const at = [g.scalar('float32', 0.05), g.scalar('uint8', 100)];
  const inputs = [g.node('QuantizeLinear', [x, ...at]), ...at, ...at];
  const y = g.node('QLinearSigmoid', inputs, { domain: 'com.microsoft', output: 'y' });
  const other = [g.scalar('float32', 0.06), g.scalar('uint8', 90)];
  const real = g.node('DequantizeLinear', [y, ...at]);
  g.output(g.node('QuantizeLinear', [real, ...other], { output: 'z' }), 'uint8', ['n', 2]);
  assert.equal(
    importModel(g.build()).graph.nodes.map(({ name }) => name),
    ['y', 'z'],
  );
});

test('names in messages are quoted, escaped and short', () => {
  const g = new GraphBuilder();
  const x = g.input('x', 'float32', ['n', 2]);
  const name = `line\nbreak ${'y'.repeat(1000)}`;
  g.output(g.node('Elu', [x], { output: name, attributes: { alpha: float(1) } }), 'float32', [
    'n',
    2,
  ]);
  assert.throws(
    () => importModel(g.build()),
    (error: unknown) =>
      error instanceof Error &&
      error.message.startsWith(String.raw`node "line\nbreak yy`) &&
      error.message.length < 1000,
  );
});

test.run();
