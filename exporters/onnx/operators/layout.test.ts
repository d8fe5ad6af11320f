import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import {
  expectSameOutput,
  randomFloats,
} from '../../../test/support/import-against-onnx-runtime.ts';
import { GraphBuilder } from '../graph-builder.ts';
import { importModel } from '../import-model.ts';

const test = suite('exporters/onnx/operators/layout');

/** A convolution of x [n, 2, 3, 4] to [n, 3, 2, 3], then `rest`, then a dense layer of 18 inputs. */
function between(rest: (g: GraphBuilder, x: string) => string, opset = 18): Uint8Array {
  const g = new GraphBuilder({ opset });
  const x = g.input('x', 'float32', ['n', 2, 3, 4]);
  const y = g.node('Conv', [x, g.constant('k', randomFloats(1, 24), [3, 2, 2, 2])]);
  const w = g.constant('w', randomFloats(2, 36), [18, 2]);
  g.output(g.node('MatMul', [rest(g, y), w]), 'float32', ['n', 2]);
  return g.build();
}

const forms: Readonly<Record<string, (g: GraphBuilder, x: string) => string>> = {
  Flatten: (g, x) => g.node('Flatten', [x]),
  'Flatten from the end': (g, x) => g.node('Flatten', [x], { attributes: { axis: -3 } }),
  'Reshape with -1': (g, x) => g.node('Reshape', [x, g.int64([0, -1])]),
  'Reshape that leaves the batch open': (g, x) => g.node('Reshape', [x, g.int64([-1, 18])]),
  'two Reshapes': (g, x) => {
    const joined = g.node('Reshape', [x, g.int64([0, 0, 6])]);
    return g.node('Reshape', [joined, g.int64([0, 18])]);
  },
  'the batch read from Shape': (g, x) => {
    const batch = g.node('Gather', [
      g.node('Shape', [x]),
      g.constant('zero', BigInt64Array.of(0n), []),
    ]);
    const first = g.node('Unsqueeze', [batch, g.int64([0])]);
    return g.node('Reshape', [
      x,
      g.node('Concat', [first, g.int64([-1])], { attributes: { axis: 0 } }),
    ]);
  },
  'the batch sliced from Shape': (g, x) => {
    const batch = g.node('Slice', [g.node('Shape', [x]), g.int64([0]), g.int64([1])]);
    return g.node('Reshape', [
      x,
      g.node('Concat', [batch, g.int64([18])], { attributes: { axis: 0 } }),
    ]);
  },
  'Transpose before Flatten': (g, x) => {
    return g.node('Flatten', [g.node('Transpose', [x], { attributes: { perm: [0, 3, 1, 2] } })]);
  },
  'Unsqueeze and Squeeze': (g, x) => {
    const wide = g.node('Unsqueeze', [g.node('Flatten', [x]), g.int64([2, -1])]);
    return g.node('Squeeze', [wide, g.int64([2, 3])]);
  },
};

for (const [name, rest] of Object.entries(forms)) {
  test(`${name} moves no data`, async () => {
    const { graph } = await expectSameOutput(between(rest), 1e-5);
    assert.equal(
      graph.nodes.map(({ operator }) => operator),
      ['conv', 'dense'],
    );
  });
}

test('Squeeze and Unsqueeze with axes as attributes', async () => {
  const bytes = between((g, x) => {
    const wide = g.node('Unsqueeze', [g.node('Flatten', [x])], { attributes: { axes: [2] } });
    return g.node('Squeeze', [wide], { attributes: { axes: [2] } });
  }, 11);
  await expectSameOutput(bytes, 1e-5);
});

test('weights may be reshaped and transposed', async () => {
  const g = new GraphBuilder();
  const x = g.input('x', 'float32', ['n', 6]);
  const w = g.node('Reshape', [g.constant('w', randomFloats(1, 12), [2, 2, 3]), g.int64([2, -1])]);
  g.output(g.node('MatMul', [x, g.node('Transpose', [w])]), 'float32', ['n', 2]);
  await expectSameOutput(g.build(), 1e-5);
});

test('a shape that splits an axis or mixes in the batch is refused', () => {
  const shaped = (shape: readonly number[]) => () =>
    importModel(between((g, x) => g.node('Reshape', [x, g.int64(shape)])));
  assert.throws(
    shaped([-1, 3, 3, 2]),
    /expected a shape that keeps the batch and joins whole axes/,
  );
  assert.throws(shaped([-1, 9]), /\(Reshape\)/);
  assert.throws(shaped([2, 9, -1]), /\(Reshape\)/);
  assert.throws(
    () => importModel(between((g, x) => g.node('Flatten', [x], { attributes: { axis: 2 } }))),
    /expected axis 1, after the batch, got axis 2/,
  );
});

test('Identity, Dropout and a cast to float32 are nothing', async () => {
  const bytes = between((g, x) => {
    const cast = g.node('Cast', [g.node('Identity', [x])], { attributes: { to: 1 } });
    return g.node('Flatten', [g.node('Dropout', [cast])]);
  });
  const { graph } = await expectSameOutput(bytes, 1e-5);
  assert.is(graph.nodes.length, 2);
});

test.run();
