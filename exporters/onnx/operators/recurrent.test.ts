import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { cells, UnsupportedError } from '#runtime';
import type { CellName } from '#runtime';

import {
  compareImport,
  expectSameOutput,
  randomFloats,
} from '../../../test/support/import-against-onnx-runtime.ts';
import { float } from '../attribute.ts';
import type { AttributeValue } from '../attribute.ts';
import { GraphBuilder } from '../graph-builder.ts';
import { importModel } from '../import-model.ts';

const test = suite('exporters/onnx/operators/recurrent');

const [steps, features, hidden] = [5, 3, 4];
// float32 sums in another order, through a few saturating steps
const tolerance = 1e-5;

type Attributes = Readonly<Record<string, AttributeValue>>;

interface Layer {
  readonly directions?: 1 | 2;
  readonly inputs?: number;
  readonly attributes?: Attributes;
  /** sequence_lens, initial_h, initial_c, P. */
  readonly more?: readonly string[];
}

const operators = { lstm: 'LSTM', gru: 'GRU', rnn: 'RNN' } as const;

/** Y and Y_h of a layer on `x`, [steps, batch, features]. */
function layer(
  g: GraphBuilder,
  cell: CellName,
  x: string,
  { directions = 1, inputs = features, attributes = {}, more = [] }: Layer = {},
): string[] {
  const rows = cells[cell].gates * hidden;
  const id = `${cell}-${x}`;
  const w = g.constant(`${id}.w`, randomFloats(1, directions * rows * inputs), [
    directions,
    rows,
    inputs,
  ]);
  const r = g.constant(`${id}.r`, randomFloats(2, directions * rows * hidden), [
    directions,
    rows,
    hidden,
  ]);
  const b = g.constant(`${id}.b`, randomFloats(3, directions * 2 * rows), [directions, 2 * rows]);
  const own: Attributes = cell === 'gru' ? { linear_before_reset: 1 } : {};
  return g.nodeWithOutputs(operators[cell], [x, w, r, b, ...more], 2, {
    output: id,
    attributes: {
      hidden_size: hidden,
      ...(directions === 2 && { direction: 'bidirectional' }),
      ...own,
      ...attributes,
    },
  });
}

/** A model of [batch, steps, features]; `rest` makes an output [batch, ...] of the sequence, time first. */
function model(
  rest: (g: GraphBuilder, x: string) => string,
  dimensions: readonly number[] = [4],
): Uint8Array {
  const g = new GraphBuilder({ opset: 14 });
  const x = g.input('x', 'float32', ['n', steps, features]);
  g.output(rest(g, swap(g, x)), 'float32', ['n', ...dimensions]);
  return g.build();
}

function swap(g: GraphBuilder, x: string): string {
  return g.node('Transpose', [x], { attributes: { perm: [1, 0, 2] } });
}

const direction = (g: GraphBuilder, x: string): string => g.node('Squeeze', [x, g.int64([1])]);
const last = (g: GraphBuilder, y: string): string =>
  g.node('Gather', [direction(g, y), g.scalar('int64', -1)], { attributes: { axis: 0 } });
const final = (g: GraphBuilder, h: string): string => g.node('Squeeze', [h, g.int64([0])]);

for (const cell of ['lstm', 'gru', 'rnn'] as const) {
  test(`${cell}: all steps`, async () => {
    const bytes = model((g, x) => swap(g, direction(g, layer(g, cell, x)[0]!)), [steps, hidden]);
    const { graph } = await expectSameOutput(bytes, tolerance);
    assert.equal(graph.inputShape, [steps, 1, features]);
  });

  test(`${cell}: the last step, by Gather or as Y_h`, async () => {
    for (const take of [
      (g: GraphBuilder, x: string) => last(g, layer(g, cell, x)[0]!),
      (g: GraphBuilder, x: string) => final(g, layer(g, cell, x)[1]!),
    ]) {
      const { graph } = await expectSameOutput(model(take), tolerance);
      const { attributes } = graph.nodes[0]!;
      assert.is('output' in attributes && attributes.output, 'last');
    }
  });

  test(`${cell}: the reverse direction`, async () => {
    const attributes = { direction: 'reverse' };
    await expectSameOutput(
      model((g, x) => final(g, layer(g, cell, x, { attributes })[1]!)),
      tolerance,
    );
    const all = model(
      (g, x) => swap(g, direction(g, layer(g, cell, x, { attributes })[0]!)),
      [steps, hidden],
    );
    await expectSameOutput(all, tolerance);
  });

  test(`${cell}: both directions, joined along the channels, over two layers`, async () => {
    const join = (g: GraphBuilder, y: string): string => {
      const apart = g.node('Transpose', [y], { attributes: { perm: [0, 2, 1, 3] } });
      return g.node('Reshape', [apart, g.int64([0, 0, -1])]);
    };
    const bytes = model(
      (g, x) => {
        const first = join(g, layer(g, cell, x, { directions: 2 })[0]!);
        const second = layer(g, cell, first, { directions: 2, inputs: 2 * hidden });
        return swap(g, join(g, second[0]!));
      },
      [steps, 2 * hidden],
    );
    const { graph } = await expectSameOutput(bytes, tolerance);
    assert.equal(
      graph.nodes.map(({ operator }) => operator),
      ['recurrent', 'recurrent', 'concat', 'recurrent', 'recurrent', 'concat'],
    );
  });
}

test('final states of both directions, picked and joined', async () => {
  const pick = (g: GraphBuilder, h: string, index: number): string =>
    g.node('Gather', [h, g.scalar('int64', index)], { attributes: { axis: 0 } });
  const bytes = model(
    (g, x) => {
      const [, h] = layer(g, 'gru', x, { directions: 2 });
      return g.node('Concat', [pick(g, h!, -1), pick(g, h!, 0)], { attributes: { axis: 1 } });
    },
    [2 * hidden],
  );
  await expectSameOutput(bytes, tolerance);
});

test('the final state of the second of two layers, picked from both', async () => {
  const bytes = model((g, x) => {
    const [y, h] = layer(g, 'lstm', x);
    const [, top] = layer(g, 'lstm', direction(g, y!), { inputs: hidden });
    const both = g.node('Concat', [h!, top!], { attributes: { axis: 0 } });
    return g.node('Gather', [both, g.scalar('int64', -1)], { attributes: { axis: 0 } });
  });
  // One layer's states are read nowhere else, so it keeps its sequence only.
  const { graph } = await expectSameOutput(bytes, tolerance);
  assert.is(graph.nodes.length, 2);
});

test('initial states, zero or not, of a batch or of any', async () => {
  for (const fill of [0, 0.5]) {
    const bytes = model((g, x) => {
      const size = g.node('Gather', [g.node('Shape', [x]), g.int64([1])]);
      const shape = g.node('Concat', [g.int64([1]), size, g.int64([hidden])], {
        attributes: { axis: 0 },
      });
      const value = { type: 'float32', dimensions: [1], data: Float32Array.of(fill) } as const;
      const state = g.node('ConstantOfShape', [shape], { attributes: { value } });
      return last(g, layer(g, 'lstm', x, { more: ['', state, state] })[0]!);
    });
    const { graph } = await expectSameOutput(bytes, tolerance);
    const { attributes } = graph.nodes[0]!;
    assert.is('initialState' in attributes && attributes.initialState.length, fill === 0 ? 0 : 8);
  }
  const expanded = model((g, x) => {
    const state = g.constant('h0', randomFloats(9, hidden), [1, 1, hidden]);
    const repeated = g.node('Expand', [state, g.int64([1, 2, hidden])]);
    return last(g, layer(g, 'gru', x, { more: ['', repeated] })[0]!);
  });
  await expectSameOutput(expanded, tolerance);
  const several = model((g, x) => {
    const state = g.constant('h0', randomFloats(9, 2 * hidden), [1, 2, hidden]);
    return last(g, layer(g, 'gru', x, { more: ['', state] })[0]!);
  });
  assert.throws(
    () => importModel(several),
    /expected one initial state for all samples, got several/,
  );
});

test('steps before the batch, in the input', async () => {
  const g = new GraphBuilder({ opset: 14 });
  const x = g.input('x', 'float32', [steps, 'n', features]);
  g.output(last(g, layer(g, 'gru', x)[0]!), 'float32', ['n', hidden]);
  const { graph } = await expectSameOutput(g.build(), tolerance, { batchAxis: 1 });
  assert.equal(graph.inputShape, [steps, 1, features]);
});

test('layout 1 is the same layer, batch first', async () => {
  const g = new GraphBuilder({ opset: 14 });
  const x = g.input('x', 'float32', ['n', steps, features]);
  const [y] = layer(g, 'lstm', x, { attributes: { layout: 1 } });
  g.output(g.node('Squeeze', [y!, g.int64([2])]), 'float32', ['n', steps, hidden]);
  const batchFirst = importModel(g.build());
  const timeFirst = importModel(
    model(
      (other, z) => swap(other, direction(other, layer(other, 'lstm', z)[0]!)),
      [steps, hidden],
    ),
  );
  assert.equal(batchFirst.graph.nodes[0]!.attributes, timeFirst.graph.nodes[0]!.attributes);
  assert.equal(batchFirst.parameters.get(0), timeFirst.parameters.get(0));
});

test('a 1-D convolution, batch normalisation and a dense layer per step around it', async () => {
  const g = new GraphBuilder({ opset: 14 });
  const x = g.input('x', 'float32', ['n', features, 2 * steps]);
  const kernel = g.constant('k', randomFloats(4, 6 * features * 3), [6, features, 3]);
  const series = g.node('Conv', [x, kernel], { attributes: { pads: [1, 1], strides: [2] } });
  const scale = g.constant('scale', randomFloats(5, 6), [6]);
  const variance = g.constant('variance', new Float32Array(6).fill(0.5), [6]);
  const normal = g.node('BatchNormalization', [series, scale, scale, scale, variance]);
  const sequence = g.node('Transpose', [normal], { attributes: { perm: [2, 0, 1] } });
  const all = swap(g, direction(g, layer(g, 'gru', sequence, { inputs: 6 })[0]!));
  const dense = g.node('MatMul', [all, g.constant('d', randomFloats(6, hidden * 2), [hidden, 2])]);
  const biased = g.node('Add', [dense, g.constant('e', randomFloats(7, 2), [2])]);
  g.output(g.node('Softmax', [biased], { attributes: { axis: -1 } }), 'float32', ['n', steps, 2]);
  const { imported, actual, expected } = await compareImport(g.build());
  assert.ok(imported.softmax);
  assert.equal(
    imported.graph.nodes.map(({ operator }) => operator),
    ['conv', 'recurrent', 'conv'],
  );
  assert.ok(expected.every((value, i) => Math.abs(value - actual[i]!) < tolerance));
});

test('states and lengths that the caller gives are dropped, and noted', async () => {
  const g = new GraphBuilder({ opset: 14 });
  const x = g.input('x', 'float32', ['n', steps, features]);
  const state = g.input('h', 'float32', [1, 'n', hidden]);
  const [y, h] = layer(g, 'gru', swap(g, x), { more: ['', state] });
  g.output(last(g, y!), 'float32', ['n', hidden]);
  g.output(h!, 'float32', [1, 'n', hidden]);
  const { notes } = await expectSameOutput(g.build(), tolerance);
  assert.match(notes[0]!, /^inputs "h" dropped: Onward carries states/);
  assert.match(notes[1]!, /^outputs ".*" dropped/);
});

const refused: readonly [
  name: string,
  build: (g: GraphBuilder, x: string) => string,
  message: RegExp,
][] = [
  [
    'a GRU that resets before the product',
    (g, x) => last(g, layer(g, 'gru', x, { attributes: { linear_before_reset: 0 } })[0]!),
    /expected linear_before_reset 1, got 0; the nearest supported form is a GRU that resets after/,
  ],
  [
    'other activations',
    (g, x) => last(g, layer(g, 'rnn', x, { attributes: { activations: ['Relu'] } })[0]!),
    /expected activations Tanh, got Relu/,
  ],
  [
    'clip',
    (g, x) => last(g, layer(g, 'rnn', x, { attributes: { clip: float(3) } })[0]!),
    /expected no clip, got one/,
  ],
  [
    'a forget gate tied to the input gate',
    (g, x) => last(g, layer(g, 'lstm', x, { attributes: { input_forget: 1 } })[0]!),
    /expected input_forget 0, got 1/,
  ],
  [
    'peepholes',
    (g, x) => {
      const peepholes = g.constant('p', randomFloats(8, 3 * hidden), [1, 3 * hidden]);
      return last(g, layer(g, 'lstm', x, { more: ['', '', '', peepholes] })[0]!);
    },
    /expected no peepholes, got some/,
  ],
  [
    'shorter samples by a constant',
    (g, x) => {
      const lengths = g.constant('lengths', Int32Array.of(5, 4), [2]);
      return last(g, layer(g, 'rnn', x, { more: [lengths] })[0]!);
    },
    /expected sequence_lens of all 5 steps, got 4/,
  ],
  [
    'a step in the middle',
    (g, x) => {
      const all = direction(g, layer(g, 'rnn', x)[0]!);
      return g.node('Gather', [all, g.scalar('int64', 1)], { attributes: { axis: 0 } });
    },
    /expected the step of a recurrent layer that is computed last, got step 1 of 5 of it/,
  ],
  [
    'the last step of the reverse direction',
    (g, x) => last(g, layer(g, 'rnn', x, { attributes: { direction: 'reverse' } })[0]!),
    /got step 4 of 5 of its reverse direction; the nearest supported form is the final states/,
  ],
  [
    'all steps and the last one',
    (g, x) => {
      const [y, h] = layer(g, 'rnn', x);
      const mean = g.node('ReduceMean', [direction(g, y!)], {
        attributes: { axes: [0], keepdims: 0 },
      });
      return g.node('Add', [mean, final(g, h!)]);
    },
    /expected either all steps or the last one to be read, got both/,
  ],
];

for (const [name, build, message] of refused) {
  test(`${name}: refused`, () => {
    assert.throws(
      () => importModel(model(build)),
      (error: unknown) => error instanceof UnsupportedError && message.test(error.message),
    );
  });
}

test('weights of another size are damage', () => {
  assert.throws(
    () => importModel(model((g, x) => last(g, layer(g, 'rnn', x, { inputs: 2 })[0]!))),
    /^node "rnn-.*" \(RNN\): expected \[1, 4, 3\], got \[1, 4, 2\]/,
  );
});

test('int8 weights in QDQ form are kept, with a scale per row', async () => {
  const g = new GraphBuilder({ opset: 14 });
  const at = [g.scalar('float32', 1 / 255), g.scalar('uint8', 0)];
  const x = g.input('x', 'float32', ['n', steps, features]);
  const read = g.node('DequantizeLinear', [g.node('QuantizeLinear', [x, ...at]), ...at]);
  const weights = (name: string, columns: number): string => {
    const integers = Int8Array.from(randomFloats(columns, hidden * columns), (w) =>
      Math.round(127 * w),
    );
    const scales = g.constant(`${name}.s`, randomFloats(1, hidden, { low: 0.001, high: 0.01 }), [
      hidden,
    ]);
    const inputs = [g.constant(name, integers, [hidden, columns]), scales];
    const real = g.node('DequantizeLinear', inputs, { attributes: { axis: 0 } });
    return g.node('Unsqueeze', [real, g.int64([0])]);
  };
  const maps = [weights('w', features), weights('r', hidden)];
  const [, h] = g.nodeWithOutputs('RNN', [swap(g, read), ...maps], 2, {
    attributes: { hidden_size: hidden },
  });
  const state = [g.scalar('float32', 0.0078), g.scalar('uint8', 128)];
  const kept = g.node('DequantizeLinear', [
    g.node('QuantizeLinear', [final(g, h!), ...state], { output: 'q' }),
    ...state,
  ]);
  const w = g.constant('fc', randomFloats(3, hidden * 2), [hidden, 2]);
  g.output(g.node('MatMul', [kept, w]), 'float32', ['n', 2]);
  const { imported, actual, expected } = await compareImport(g.build(), {
    low: 0,
    isQuantized: true,
  });
  const { layers, values } = imported.quantized!;
  assert.equal(values[1], { scale: 1 / 128, zeroPoint: 128 });
  assert.is(layers.get(0)!.weights.length, hidden * (features + hidden));
  assert.is(layers.get(0)!.weights[0], Math.round(127 * randomFloats(features, 1)[0]!));
  assert.ok(
    imported.notes[0]!.startsWith(
      'node "q" (QuantizeLinear): hidden states are kept at scale 1/128',
    ),
  );
  // Half a step of each hidden state, at either scale, times the head's weights, which are below 1.
  assert.ok(expected.every((value, i) => Math.abs(value - actual[i]!) < (hidden * 1.1) / 128));
});

test.run();
