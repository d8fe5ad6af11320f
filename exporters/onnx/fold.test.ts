import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { expectSameOutput, randomFloats } from '../../test/support/import-against-onnx-runtime.ts';
import { floats } from './attribute.ts';
import { GraphBuilder } from './graph-builder.ts';
import { importModel } from './import-model.ts';

const test = suite('exporters/onnx/fold');

/** x [n, 4] times weights [4, 3] that `make` computes from constants. */
function dense(make: (g: GraphBuilder) => string, opset = 18): Uint8Array {
  const g = new GraphBuilder({ opset });
  const x = g.input('x', 'float32', ['n', 4]);
  g.output(g.node('MatMul', [x, make(g)]), 'float32', ['n', 3]);
  return g.build();
}

const weights = randomFloats(1, 12);
const whole = (g: GraphBuilder): string => g.constant('w', weights, [4, 3]);
const cast = (g: GraphBuilder, x: string, to: number): string => {
  return g.node('Cast', [x], { attributes: { to } });
};

const forms: Readonly<Record<string, (g: GraphBuilder) => string>> = {
  'a Constant node': (g) => {
    const value = { type: 'float32', dimensions: [4, 3], data: weights } as const;
    return g.node('Constant', [], { attributes: { value } });
  },
  'a Constant of floats, reshaped by one of integers': (g) => {
    const flat = g.node('Constant', [], { attributes: { value_floats: floats([...weights]) } });
    const shape = g.node('Constant', [], { attributes: { value_ints: [0, 3] } });
    const rows = g.node('Reshape', [flat, g.int64([4, -1])]);
    return g.node('Reshape', [rows, shape]);
  },
  'double weights': (g) => cast(g, g.constant('w', Float64Array.from(weights), [4, 3]), 1),
  'integers as weights': (g) =>
    cast(
      g,
      g.constant(
        'w',
        Int32Array.from(weights, (w) => w * 9),
        [4, 3],
      ),
      1,
    ),
  'float16 weights': (g) => {
    // 1, -2, the least normal and subnormal numbers, 0.333 and 65504.
    const bits = Uint16Array.of(0x3c00, 0xc000, 0x0400, 0x0001, 0x3555, 0x7bff);
    return cast(g, g.constant('w', Uint16Array.of(...bits, ...bits), [4, 3], 'float16'), 1);
  },
  'weights with an axis more, squeezed': (g) =>
    g.node('Squeeze', [g.constant('w', weights, [4, 1, 3])]),
  'weights with an axis more, squeezed by name': (g) => {
    return g.node('Squeeze', [g.constant('w', weights, [1, 4, 3]), g.int64([0])]);
  },
  'weights unsqueezed and flattened': (g) => {
    return g.node('Flatten', [g.node('Unsqueeze', [whole(g), g.int64([-1])])]);
  },
  'sums, differences, products and quotients': (g) => {
    const [two, three] = [g.scalar('float32', 2), g.scalar('float32', 3)];
    const sum = g.node('Sub', [g.node('Add', [whole(g), two]), g.node('Mul', [two, three])]);
    return g.node('Div', [sum, g.constant('d', randomFloats(2, 12, { low: 1 }), [4, 3])]);
  },
  'a shape that is read off a constant, gathered, sliced and joined': (g) => {
    const shape = g.node('Shape', [whole(g)]);
    const rows = g.node('Gather', [shape, g.int64([0])]);
    const columns = g.node('Slice', [shape, g.int64([-1]), g.int64([2 ** 31 - 1])]);
    const flat = g.node('Reshape', [whole2(g), g.int64([-1])]);
    return g.node('Reshape', [
      flat,
      g.node('Concat', [rows, columns], { attributes: { axis: 0 } }),
    ]);
  },
  'one row, expanded': (g) => {
    return g.node('Expand', [g.constant('row', randomFloats(3, 3), [3]), g.int64([4, 1])]);
  },
  'one column, expanded': (g) => {
    return g.node('Expand', [g.constant('column', randomFloats(3, 4), [4, 1]), g.int64([1, 3])]);
  },
  'rows of a larger matrix': (g) => {
    const larger = g.constant('larger', randomFloats(3, 21), [7, 3]);
    const [starts, ends, axes] = [g.int64([-5]), g.int64([6]), g.int64([0])];
    return g.node('Slice', [larger, starts, ends, axes]);
  },
  'of a shape that is chosen': (g) => {
    const isOpen = g.node('Equal', [g.int64([-1, 3]), g.int64([-1, -1])]);
    const shape = g.node('Where', [isOpen, g.int64([4, 9]), g.int64([8, 3])]);
    return g.node('Reshape', [whole2(g), shape]);
  },
  'a shape that is computed': (g) => {
    const three = g.node('ConstantOfShape', [g.int64([1])], {
      attributes: { value: { type: 'int64', dimensions: [1], data: BigInt64Array.of(3n) } },
    });
    const four = g.node('Add', [three, g.int64([1])]);
    const shape = g.node('Concat', [four, cast(g, cast(g, three, 1), 7)], {
      attributes: { axis: 0 },
    });
    return g.node('Reshape', [g.constant('w', weights, [12]), shape]);
  },
};

function whole2(g: GraphBuilder): string {
  return g.constant('w2', weights, [2, 6]);
}

for (const [name, make] of Object.entries(forms)) {
  test(`weights are ${name}`, async () => {
    await expectSameOutput(dense(make), 1e-3 + 1e-6 * (name.startsWith('float16') ? 65504 : 0));
  });
}

test('a Slice with attributes, as up to opset 9', async () => {
  const bytes = dense((g) => {
    const tail = g.node('Slice', [g.int64([9, 4, 3])], { attributes: { starts: [1], ends: [3] } });
    return g.node('Reshape', [whole2(g), tail]);
  }, 9);
  await expectSameOutput(bytes, 1e-5);
});

test('what exporters do not leave in files is refused, not guessed', () => {
  const refused = (make: (g: GraphBuilder) => string, expected: RegExp): void => {
    assert.throws(() => importModel(dense(make)), expected);
  };
  const text = { attributes: { value_strings: ['a'] } };
  refused((g) => g.node('Constant', [], text), /\(Constant\): expected a constant of numbers/);
  refused(
    (g) => g.node('ConstantOfShape', [g.int64([4, 3000])]),
    /\(ConstantOfShape\): expected at most 4096 elements, got 12000/,
  );
  refused(
    (g) => g.node('Add', [whole(g), g.constant('row', randomFloats(1, 3), [3])]),
    /\(Add\): expected constants of one type and shape, or one number/,
  );
  refused(
    (g) => g.node('Expand', [whole(g), g.int64([5, 3])]),
    /\(Expand\): expected a shape that \[4, 3\] repeats to, got \[5, 3\]/,
  );
  refused(
    (g) =>
      g.node('Slice', [
        g.constant('w3', randomFloats(1, 16), [4, 4]),
        ...[[0], [3], [1]].map((at) => g.int64(at)),
      ]),
    /\(Slice\): expected rows of the first axis, got others/,
  );
  refused((g) => cast(g, whole(g), 16), /expected a cast to a plain number type/);
  refused((g) => g.node('Reshape', [whole(g), g.int64([5, 3])]), /a shape of 12 elements, got 15/);
  refused(
    (g) => g.node('Transpose', [whole(g)], { attributes: { perm: [0, 0] } }),
    /an order of 2 axes, got \[0, 0\]/,
  );
  refused(
    (g) => g.node('Reshape', [whole(g), g.node('Gather', [g.int64([1]), g.int64([4])])]),
    /indices below 1, got \[4\]/,
  );
});

test('shapes that compute with the batch are refused', () => {
  const g = new GraphBuilder();
  const x = g.input('x', 'float32', ['n', 4]);
  const doubled = g.node('Mul', [g.node('Shape', [x]), g.int64([2, 1])]);
  g.output(g.node('Relu', [g.node('Reshape', [x, doubled])]), 'float32', ['n', 2]);
  assert.throws(() => importModel(g.build()), /expected shapes that do not compute with the batch/);
});

test.run();
