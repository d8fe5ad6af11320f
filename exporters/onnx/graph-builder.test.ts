import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { runOnnx } from '../../test/support/onnx-runtime.ts';
import { float } from './attribute.ts';
import { GraphBuilder } from './graph-builder.ts';

const test = suite('exporters/onnx/graph-builder');

test('a built model runs in ONNX Runtime', async () => {
  const g = new GraphBuilder();
  const x = g.input('x', 'float32', ['batch', 3]);
  const w = g.constant('w', Float32Array.of(1, 2, 3), [3, 1]);
  const product = g.node('MatMul', [x, w]);
  const y = g.node('LeakyRelu', [product], { output: 'y', attributes: { alpha: float(1) } });
  g.output(y, 'float32', ['batch', 1]);
  const feed = Float32Array.of(1, 1, 1, -1, 0, 0);
  const outputs = await runOnnx(g.build(), { x: [feed, [2, 3]] });
  assert.equal(outputs['y']!.data, Float32Array.of(6, -1));
});

test('an external initializer is read from the data given beside the model', async () => {
  const g = new GraphBuilder({ contrib: true });
  const x = g.input('x', 'float32', [2]);
  const w = g.external('w', 'float32', [2], { location: 'weights', offset: 8, length: 8 });
  g.output(g.node('Add', [x, w], { output: 'y' }), 'float32', [2]);
  const data = new Uint8Array(Float32Array.of(9, 9, 1, 2).buffer);
  const feeds = { x: [Float32Array.of(10, 20), [2]] } as const;
  const outputs = await runOnnx(g.build(), feeds, { externalData: [{ path: 'weights', data }] });
  assert.equal(outputs['y']!.data, Float32Array.of(11, 22));
});

test('several outputs are named from the first', async () => {
  const g = new GraphBuilder();
  const x = g.input('x', 'float32', [4]);
  const parts = g.nodeWithOutputs('Split', [x], 2, {
    output: 'part',
    attributes: { num_outputs: 2 },
  });
  assert.equal(parts, ['part', 'part:1']);
  for (const part of parts) g.output(part, 'float32', [2]);
  const outputs = await runOnnx(g.build(), { x: [Float32Array.of(1, 2, 3, 4), [4]] });
  assert.equal(outputs['part:1']!.data, Float32Array.of(3, 4));
});

test('a subgraph runs at every step of a Scan, with what was made outside', async () => {
  const g = new GraphBuilder();
  const start = g.input('start', 'float32', [1]);
  const x = g.input('x', 'float32', ['t', 1]);
  const factor = g.node('Neg', [g.scalar('float32', 2)]);
  const body = g.subgraph('step', () => {
    const sum = g.node('Add', [g.input('sum', 'float32', [1]), g.input('own', 'float32', [1])]);
    g.output(sum, 'float32', [1]);
    g.output(g.node('Mul', [sum, factor]), 'float32', [1]);
  });
  const attributes = { body, num_scan_inputs: 1 };
  const [last, all] = g.nodeWithOutputs('Scan', [start, x], ['last', 'all'], { attributes });
  g.output(last!, 'float32', [1]);
  g.output(all!, 'float32', ['t', 1]);
  assert.throws(() => g.node('Neg', ['own']), /"own" is not a value of this graph/);
  const feeds = { start: [Float32Array.of(1), [1]], x: [Float32Array.of(1, 2), [2, 1]] } as const;
  const outputs = await runOnnx(g.build(), feeds);
  assert.equal(outputs['last']!.data, Float32Array.of(4));
  assert.equal(outputs['all']!.data, Float32Array.of(-4, -8));
});

test('equal scalars and vectors are stored once, and -0 is not 0', () => {
  const g = new GraphBuilder();
  assert.is(g.scalar('float32', 2), g.scalar('float32', 2));
  assert.is(g.int64([1, 2]), g.int64([1, 2]));
  assert.is.not(g.scalar('float32', 2), g.scalar('int32', 2));
  assert.is.not(g.scalar('float32', 0), g.scalar('float32', -0));
  assert.is.not(g.scalar('int64', 1), g.int64([1]));
});

test('misuse says what was wrong', () => {
  const g = new GraphBuilder();
  const x = g.input('x', 'float32', [1]);
  assert.throws(() => g.input('x', 'float32', [1]), /value "x": expected a new name/);
  assert.throws(() => g.node('Relu', ['z']), /Relu: input "z" is not a value/);
  assert.throws(() => g.output('z', 'float32', [1]), /output "z" is not a value/);
  assert.throws(
    () => g.constant('c', Int8Array.of(1), [2]),
    /expected 2 elements for \[2\], got 1/,
  );
  assert.throws(
    () => g.node('Elu', [x], { attributes: { alpha: 0.5 } }),
    /"alpha": expected an integer, got 0.5/,
  );
  assert.throws(() => g.node('QGemm', [x], { domain: 'com.microsoft' }), /contrib: true/);
  const at = { location: 'f', offset: 0, length: 3 };
  assert.throws(() => g.external('e', 'float32', [1], at), /expected 4 bytes, got 3/);
});

test.run();
