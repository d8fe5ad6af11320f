import { readFileSync } from 'node:fs';

import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { FormatError, OnwardError, UnsupportedError } from '#runtime';
import { sharedData, skipBecause } from '#test-support';

import { randomFloats } from '../../test/support/import-against-onnx-runtime.ts';
import { float, floats } from './attribute.ts';
import { decodeModel } from './decode-model.ts';
import { elementArray } from './element-type.ts';
import type { ElementType } from './element-type.ts';
import { GraphBuilder } from './graph-builder.ts';
import { importModel } from './import-model.ts';

const test = suite('exporters/onnx/decode-model');

/** A small model with quantised weights, a shape and attributes. */
function smallModel(): Uint8Array {
  const g = new GraphBuilder({ opset: 13 });
  const x = g.input('x', 'float32', ['n', 2, 6, 6]);
  const at = [g.scalar('float32', 0.05), g.scalar('uint8', 100)];
  const rounded = g.node('DequantizeLinear', [g.node('QuantizeLinear', [x, ...at]), ...at]);
  const w = g.constant('w', randomFloats(1, 24), [3, 2, 2, 2]);
  const y = g.node('Conv', [rounded, w], { attributes: { strides: [2, 2] } });
  const clipped = g.node('Clip', [y, g.scalar('float32', 0), g.scalar('float32', 6)]);
  const flat = g.node('Reshape', [clipped, g.int64([-1, 27])]);
  const dense = g.constant('d', randomFloats(2, 54), [27, 2]);
  g.output(g.node('Softmax', [g.node('MatMul', [flat, dense])]), 'float32', ['n', 2]);
  return g.build();
}

function isOnwardErrorOrFine(bytes: Uint8Array): void {
  try {
    importModel(bytes);
  } catch (error) {
    if (!(error instanceof OnwardError)) throw error;
  }
}

test('what was built is what is decoded', () => {
  const g = new GraphBuilder({ opset: 17, contrib: true, name: 'graph' });
  const x = g.input('x', 'float32', ['n', 3]);
  const w = g.constant('w', Int8Array.of(1, -2), [2]);
  const tensor = { type: 'int64', dimensions: [2], data: BigInt64Array.of(1n, -1n) } as const;
  const attributes = {
    i: -3,
    f: float(0.5),
    s: 'text',
    t: tensor,
    is: [1, -1],
    fs: floats([1, 2]),
    ss: ['a'],
  };
  g.output(g.node('Op', [x, '', w], { attributes, domain: 'com.microsoft', output: 'y' }), 'bool', [
    2,
    'm',
  ]);
  const model = decodeModel(g.build());
  assert.is(model.producer, 'onward');
  assert.equal(
    [...model.operatorSets],
    [
      ['', 17],
      ['com.microsoft', 1],
    ],
  );
  assert.equal(model.inputs, [{ name: 'x', type: 'float32', dimensions: ['n', 3] }]);
  assert.equal(model.outputs, [{ name: 'y', type: 'bool', dimensions: [2, 'm'] }]);
  assert.equal(model.initializers.get('w'), {
    type: 'int8',
    dimensions: [2],
    data: Int8Array.of(1, -2),
  });
  const [node] = model.nodes;
  assert.equal(
    { ...node, attributes: Object.fromEntries(node!.attributes) },
    {
      name: 'y',
      operator: 'Op',
      domain: 'com.microsoft',
      inputs: ['x', '', 'w'],
      outputs: ['y'],
      attributes,
    },
  );
});

const types = [
  ...([
    'float32',
    'double',
    'float16',
    'uint8',
    'int8',
    'uint16',
    'int16',
    'uint32',
    'int32',
  ] as const),
  ...(['uint64', 'int64', 'bool'] as const),
] satisfies ElementType[];

test('tensors of every type come back bit for bit', () => {
  fc.assert(
    fc.property(fc.constantFrom(...types), fc.uint8Array({ maxLength: 64 }), (type, bytes) => {
      const length = Math.floor(bytes.length / elementArray(type, 1).byteLength);
      const data = elementArray(type, length);
      new Uint8Array(data.buffer).set(bytes.subarray(0, data.byteLength));
      const g = new GraphBuilder();
      g.output(g.node('Identity', [g.constant('c', data, [length], type)]), type, [length]);
      const decoded = decodeModel(g.build()).initializers.get('c')!;
      assert.equal(decoded.dimensions, [length]);
      assert.is(decoded.type, type);
      assert.equal(new Uint8Array(decoded.data.buffer), new Uint8Array(data.buffer));
    }),
  );
});

// A model of one tensor written field by field: as exporters do that do not use raw_data.
const field = (number: number, ...bytes: number[]): number[] => [
  number * 8 + 2,
  bytes.length,
  ...bytes,
];
const varint = (number: number, value: number): number[] => [number * 8, value];
const text = (value: string): number[] => Array.from(value, (letter) => letter.codePointAt(0)!);

function typedFields(...tensor: number[]): Uint8Array {
  const node = field(
    1,
    ...field(1, ...text('c')),
    ...field(2, ...text('y')),
    ...field(4, ...text('Identity')),
  );
  const graph = [...node, ...field(5, ...field(8, ...text('c')), ...tensor)];
  return Uint8Array.from([...field(7, ...graph), ...field(8, ...varint(2, 18))]);
}

test('tensors in typed fields are read as well', () => {
  const read = (...tensor: number[]) => decodeModel(typedFields(...tensor)).initializers.get('c');
  const floatBytes = [...new Uint8Array(Float32Array.of(1.5).buffer)];
  const doubleBytes = [...new Uint8Array(Float64Array.of(-2).buffer)];
  const one = varint(1, 1);
  assert.equal(
    read(...one, ...varint(2, 1), ...field(4, ...floatBytes))?.data,
    Float32Array.of(1.5),
  );
  assert.equal(
    read(...one, ...varint(2, 11), ...field(10, ...doubleBytes))?.data,
    Float64Array.of(-2),
  );
  assert.equal(read(...one, ...varint(2, 2), ...field(5, 7))?.data, Uint8Array.of(7));
  assert.equal(read(...one, ...varint(2, 6), ...field(5, 7))?.data, Int32Array.of(7));
  assert.equal(read(...one, ...varint(2, 10), ...field(5, 7))?.data, Uint16Array.of(7));
  assert.equal(read(...one, ...varint(2, 7), ...field(7, 7))?.data, BigInt64Array.of(7n));
  assert.equal(read(...one, ...varint(2, 12), ...field(11, 7))?.data, Uint32Array.of(7));
  assert.equal(read(...one, ...varint(2, 13), ...field(11, 7))?.data, BigUint64Array.of(7n));
});

test('sizes that the data does not have are refused before anything is allocated', () => {
  const huge = [0xff, 0xff, 0xff, 0xff, 0x07];
  assert.throws(
    () =>
      decodeModel(typedFields(8, ...huge, 8, ...huge, ...varint(2, 1), ...field(4, 0, 0, 0, 0))),
    (error: unknown) =>
      error instanceof FormatError &&
      /^initializer "c": expected \d+ elements for \[2147483647, 2147483647\], got 1; /.test(
        error.message,
      ),
  );
  assert.throws(
    () => decodeModel(typedFields(8, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01)),
    /expected elements of a number type|expected sizes from 0 to 2147483647, got -1/,
  );
});

test('bytes that are no model say so', () => {
  for (const bytes of [
    new Uint8Array(0),
    Uint8Array.from(text('<html>')),
    new Uint8Array(100).fill(255),
  ]) {
    assert.throws(
      () => decodeModel(bytes),
      (error: unknown) =>
        error instanceof FormatError && error.message.startsWith('ONNX model: expected '),
    );
  }
});

test('external data is asked for by name, checked, and never outside the folder', () => {
  const model = (location: string, offset: number): Uint8Array => {
    const g = new GraphBuilder();
    const w = g.external('w', 'float32', [2], { location, offset, length: 8 });
    g.output(g.node('Identity', [w]), 'float32', [2]);
    return g.build();
  };
  const blob = new Uint8Array(Float32Array.of(9, 1, 2).buffer);
  const externalData = (location: string) => (location === 'weights.bin' ? blob : null);
  const { initializers } = decodeModel(model('weights.bin', 4), { externalData });
  assert.equal(initializers.get('w')!.data, Float32Array.of(1, 2));
  assert.throws(
    () => decodeModel(model('other.bin', 0), { externalData }),
    /"other.bin", got none; give it beside/,
  );
  assert.throws(
    () => decodeModel(model('weights.bin', 0)),
    /external data "weights.bin", got none/,
  );
  assert.throws(
    () => decodeModel(model('weights.bin', 8), { externalData }),
    /within 12 bytes, got 8 bytes at 8/,
  );
  for (const path of [
    '../weights.bin',
    '/weights.bin',
    'a/../../weights.bin',
    String.raw`..\weights.bin`,
    '',
  ]) {
    assert.throws(() => decodeModel(model(path, 0), { externalData: () => blob }), /got none/);
  }
});

test('tensors of foreign types are unsupported, by name', () => {
  assert.throws(
    () => decodeModel(typedFields(...varint(1, 1), ...varint(2, 16))),
    (error: unknown) =>
      error instanceof UnsupportedError && /^initializer "c": .* type 16/.test(error.message),
  );
});

test('random bytes never do anything but fail', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 400 }), isOnwardErrorOrFine), { numRuns: 2000 });
});

test('a damaged model never does anything but fail, or works', () => {
  const model = smallModel();
  const damage = fc.array(fc.tuple(fc.nat(model.length - 1), fc.integer({ min: 0, max: 255 })), {
    minLength: 1,
    maxLength: 6,
  });
  fc.assert(
    fc.property(damage, fc.integer({ min: 0, max: model.length }), (changes, end) => {
      const bytes = Uint8Array.from(model);
      for (const [at, value] of changes) bytes[at] = value;
      isOnwardErrorOrFine(bytes);
      isOnwardErrorOrFine(bytes.subarray(0, end));
    }),
    { numRuns: 3000 },
  );
});

test('a model cut off at any byte is refused', () => {
  const model = smallModel();
  for (let end = 0; end < model.length; end++) {
    assert.throws(
      () => importModel(model.subarray(0, end)),
      (error: unknown) => error instanceof OnwardError,
    );
  }
});

const path = sharedData('mnist-8.onnx');
const onReal = path === null ? skipBecause(test, 'mnist-8.onnx is not here') : test;
onReal('a real model with flipped bits never does anything but fail, or works', () => {
  const model = readFileSync(path!);
  const flips = fc.array(fc.nat(model.length * 8 - 1), { minLength: 1, maxLength: 16 });
  fc.assert(
    fc.property(flips, (bits) => {
      const bytes = new Uint8Array(model);
      for (const bit of bits) bytes[bit >> 3]! ^= 1 << (bit & 7);
      isOnwardErrorOrFine(bytes);
    }),
    { numRuns: 300 },
  );
});

test.run();
