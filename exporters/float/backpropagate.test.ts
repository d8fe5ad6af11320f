import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import type { Node, Shape, Window } from '#runtime';
import { inferShapes } from '#runtime';
import { assertClose } from '#test-support';

import type { FloatParameters } from './array.ts';
import { backpropagate } from './backpropagate.ts';
import type { FloatModel } from './model.ts';
import { parameterCounts } from './model.ts';
import { outputOf, runFloat } from './run.ts';
import { softmaxCrossEntropy } from './softmax-cross-entropy.ts';

const test = suite('exporters/float/backpropagate');

// float64, central differences: the truncation error is about step^2, the rounding error 1e-16 / step.
const step = 1e-5;
const tolerance = 1e-6;

/** Reproducible, and without structure that could hide a wrong index. */
function noise(length: number, seed: number): Float64Array {
  let state = seed * 2654435761 + 1;
  return new Float64Array(length).map(() => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  });
}

function modelOf(inputShape: Shape, nodes: Node[]): FloatModel {
  const graph = { inputShape, nodes };
  const shapes = inferShapes(graph);
  const parameters = new Map<number, FloatParameters>();
  for (const [index, node] of nodes.entries()) {
    const counts = parameterCounts(node, shapes[node.inputs[0]!]!);
    if (counts === null) continue;
    const [weights, bias] = [noise(counts.weights, index + 7), noise(counts.bias, index + 9)];
    parameters.set(index, { weights, bias });
  }
  return { graph, parameters };
}

/** Compares every gradient of L = sum of c y, c fixed, with central differences; errors relative to the largest. */
function checkGradients(model: FloatModel, batch = 2): void {
  const [height, width, channels] = model.graph.inputShape;
  const input = noise(batch * height * width * channels, 3);
  const values = runFloat(model, input);
  const seeds = noise(outputOf(model, values).length, 5);
  const loss = (): number => {
    const output = outputOf(model, runFloat(model, input));
    return seeds.reduce((sum, seed, i) => sum + seed * output[i]!, 0);
  };
  const { valueGradients, parameterGradients } = backpropagate(model, values, seeds, {
    wanted: (value) => value === 0,
  });
  const check = (
    where: string,
    array: Float32Array | Float64Array,
    gradient: ArrayLike<number>,
  ) => {
    const numeric = Float64Array.from(array, (value, i) => {
      array[i] = value + step;
      const above = loss();
      array[i] = value - step;
      const below = loss();
      array[i] = value;
      return (above - below) / (2 * step);
    });
    const scale = numeric.reduce((largest, g) => Math.max(largest, Math.abs(g)), 1e-3);
    for (const [i, g] of numeric.entries()) {
      assert.ok(
        Math.abs(g - gradient[i]!) <= tolerance * scale,
        `${where}[${i}]: ${gradient[i]} is not ${g}`,
      );
    }
  };
  check('input', input, valueGradients.get(0)!);
  for (const [index, { weights, bias }] of model.parameters) {
    const name = model.graph.nodes[index]!.name;
    check(`${name} weights`, weights, parameterGradients.get(index)!.weights);
    check(`${name} bias`, bias, parameterGradients.get(index)!.bias);
  }
}

const window = (kernel: number, options: Partial<Window> = {}): Window => ({
  kernel: [kernel, kernel],
  stride: [1, 1],
  dilation: [1, 1],
  pads: [0, 0, 0, 0],
  ...options,
});
const relu = { minimum: 0, maximum: Infinity };
const relu6 = { minimum: 0, maximum: 6 };

type ConvAttributes = Extract<Node, { operator: 'conv' }>['attributes'];
const conv = (attributes: Partial<ConvAttributes>): Node => ({
  name: 'conv',
  operator: 'conv',
  inputs: [0],
  attributes: { window: window(3), outputChannels: 3, groups: 1, clamp: null, ...attributes },
});

const convs: [string, Shape, Partial<ConvAttributes>][] = [
  ['3x3, padded', [4, 5, 2], { window: window(3, { pads: [1, 1, 1, 1] }) }],
  ['1x1', [4, 3, 5], { window: window(1) }],
  [
    'with stride 2 and asymmetric padding',
    [5, 6, 2],
    { window: window(3, { stride: [2, 2], pads: [0, 1, 2, 1] }) },
  ],
  ['1x1 with stride 2', [5, 4, 3], { window: window(1, { stride: [2, 2] }) }],
  ['dilated', [6, 6, 2], { window: window(3, { dilation: [2, 2], pads: [2, 1, 1, 2] }) }],
  ['grouped', [4, 4, 4], { groups: 2, outputChannels: 6 }],
  [
    'depthwise with stride',
    [5, 5, 3],
    { groups: 3, window: window(3, { stride: [2, 1], pads: [1, 1, 1, 0] }) },
  ],
  ['depthwise with a multiplier', [4, 4, 2], { groups: 2, outputChannels: 4 }],
  ['not square', [3, 6, 2], { window: { ...window(1), kernel: [1, 3], pads: [0, 1, 0, 1] } }],
  ['with relu', [4, 4, 2], { clamp: relu }],
  ['with a clamp on both sides', [4, 4, 2], { clamp: { minimum: -0.5, maximum: 0.5 } }],
];
for (const [name, shape, attributes] of convs) {
  test(`conv ${name}`, () => checkGradients(modelOf(shape, [conv(attributes)])));
}

const single: [string, Shape, Node][] = [
  [
    'dense',
    [2, 2, 3],
    {
      name: 'dense',
      operator: 'dense',
      inputs: [0],
      attributes: { outputChannels: 5, clamp: null },
    },
  ],
  [
    'dense with relu6',
    [2, 2, 3],
    {
      name: 'dense',
      operator: 'dense',
      inputs: [0],
      attributes: { outputChannels: 5, clamp: relu6 },
    },
  ],
  [
    'add of a value to itself, clamped',
    [2, 2, 2],
    {
      name: 'add',
      operator: 'add',
      inputs: [0, 0],
      attributes: { clamp: { minimum: -1, maximum: 1 } },
    },
  ],
  [
    'mul of a value with itself',
    [2, 3, 2],
    { name: 'mul', operator: 'mul', inputs: [0, 0], attributes: {} },
  ],
  [
    'concat of a value with itself',
    [2, 2, 3],
    { name: 'concat', operator: 'concat', inputs: [0, 0], attributes: {} },
  ],
  [
    'maxPool, overlapping and padded',
    [5, 5, 2],
    {
      name: 'pool',
      operator: 'maxPool',
      inputs: [0],
      attributes: { window: window(3, { stride: [2, 2], pads: [1, 1, 1, 1] }) },
    },
  ],
  [
    'averagePool, padded',
    [5, 4, 2],
    {
      name: 'pool',
      operator: 'averagePool',
      inputs: [0],
      attributes: {
        window: window(3, { stride: [2, 1], pads: [1, 0, 1, 1] }),
        countPadding: false,
      },
    },
  ],
  [
    'averagePool, counting padding',
    [4, 4, 2],
    {
      name: 'pool',
      operator: 'averagePool',
      inputs: [0],
      attributes: { window: window(2, { pads: [1, 0, 0, 1] }), countPadding: true },
    },
  ],
];
for (const [name, shape, node] of single) {
  test(name, () => checkGradients(modelOf(shape, [node])));
}

for (const [activation, parameters] of [
  ['leakyRelu', [0.2]],
  ['hardSwish', []],
  ['hardSigmoid', [0.7, 0.4]],
  ['sigmoid', []],
  ['tanh', []],
  ['clamp', [-0.4, 0.6]],
] as const) {
  test(`lookup ${activation}`, () => {
    const node: Node = {
      name: 'f',
      operator: 'lookup',
      inputs: [0],
      attributes: { activation, parameters },
    };
    checkGradients(modelOf([3, 3, 2], [node]));
  });
}

type RecurrentAttributes = Extract<Node, { operator: 'recurrent' }>['attributes'];
const recurrent = (input: number, attributes: Partial<RecurrentAttributes>): Node => ({
  name: `recurrent${input}`,
  operator: 'recurrent',
  inputs: [input],
  attributes: {
    cell: 'lstm',
    hiddenSize: 3,
    reverse: false,
    output: 'sequence',
    initialState: [],
    ...attributes,
  },
});

for (const cell of ['lstm', 'gru', 'rnn'] as const) {
  for (const output of ['sequence', 'last'] as const) {
    for (const reverse of [false, true]) {
      test(`${cell}, output ${output}${reverse ? ', reverse' : ''}`, () => {
        checkGradients(modelOf([5, 1, 2], [recurrent(0, { cell, output, reverse })]), 3);
      });
    }
  }

  test(`${cell}: two layers, from states other than zero`, () => {
    const initialState = [0.5, -0.25, 0.125, ...(cell === 'lstm' ? [1, -1, 0.5] : [])];
    const nodes = [
      recurrent(0, { cell, initialState }),
      recurrent(1, { cell, hiddenSize: 4, output: 'last' }),
    ];
    checkGradients(modelOf([4, 1, 3], nodes));
  });
}

/** Every operator, a residual block, a gate per channel, and values with several users. */
function residualNet(): FloatModel {
  const padded = window(3, { pads: [1, 1, 1, 1] });
  const layer = (name: string, input: number, attributes: Partial<ConvAttributes>): Node => ({
    ...conv({ window: padded, outputChannels: 4, ...attributes }),
    name,
    inputs: [input],
  });
  return modelOf(
    [6, 6, 2],
    [
      layer('stem', 0, { clamp: relu }),
      layer('inner', 1, { clamp: relu6 }),
      layer('outer', 2, { groups: 4 }),
      { name: 'sum', operator: 'add', inputs: [3, 1], attributes: { clamp: relu } },
      {
        name: 'squeeze',
        operator: 'averagePool',
        inputs: [4],
        attributes: { window: window(6), countPadding: false },
      },
      {
        name: 'excite',
        operator: 'dense',
        inputs: [5],
        attributes: { outputChannels: 4, clamp: null },
      },
      {
        name: 'gate',
        operator: 'lookup',
        inputs: [6],
        attributes: { activation: 'sigmoid', parameters: [] },
      },
      { name: 'scale', operator: 'mul', inputs: [4, 7], attributes: {} },
      { name: 'join', operator: 'concat', inputs: [8, 1], attributes: {} },
      {
        name: 'pool',
        operator: 'maxPool',
        inputs: [9],
        attributes: { window: window(2, { stride: [2, 2] }) },
      },
      {
        name: 'head',
        operator: 'dense',
        inputs: [10],
        attributes: { outputChannels: 3, clamp: null },
      },
    ],
  );
}

test('a residual net of all operators', () => checkGradients(residualNet()));

test('a range of nodes continues from the gradient at its end', () => {
  const model = residualNet();
  const values = runFloat(model, noise(2 * 72, 1));
  const seeds = noise(outputOf(model, values).length, 2);
  const whole = backpropagate(model, values, seeds, { wanted: (v) => v === 9 || v === 1 });
  const range = backpropagate(model, values, whole.valueGradients.get(9)!, {
    from: 1,
    to: 9,
    wanted: (v) => v === 1,
  });
  // Value 1 has users up to `join` (node 8), all inside the range.
  assertClose(range.valueGradients.get(1)!, whole.valueGradients.get(1)!, 1e-12);
  assert.equal(
    [...range.parameterGradients.keys()].toSorted((a, b) => a - b),
    [1, 2, 5],
  );
  for (const [index, { weights }] of range.parameterGradients) {
    assertClose(weights, whole.parameterGradients.get(index)!.weights, 1e-12);
  }
});

test('a wanted value the output does not depend on has a gradient of zeros', () => {
  const twice = (input: number): Node => ({
    name: 'a',
    operator: 'add',
    inputs: [input, input],
    attributes: { clamp: null },
  });
  const model = modelOf([1, 1, 2], [twice(0), twice(0)]);
  const values = runFloat(model, Float64Array.of(1, 2));
  const { valueGradients } = backpropagate(model, values, Float64Array.of(1, 1), {
    wanted: (v) => v === 1,
  });
  assert.equal([...valueGradients.get(1)!], [0, 0]);
});

test('maxPool shares the gradient between equal maxima', () => {
  const node: Node = {
    name: 'pool',
    operator: 'maxPool',
    inputs: [0],
    attributes: { window: window(2) },
  };
  const model = modelOf([2, 2, 1], [node]);
  const values = runFloat(model, Float32Array.of(3, 1, 3, 2));
  const { valueGradients } = backpropagate(model, values, Float32Array.of(1), {
    wanted: (v) => v === 0,
  });
  assert.equal([...valueGradients.get(0)!], [0.5, 0, 0.5, 0]);
});

test('positions without a target are not judged', () => {
  const logits = Float64Array.of(1, 2, 3, 4);
  const { loss, error } = softmaxCrossEntropy(logits, Float64Array.of(0, 0, 0, 1), 2);
  assert.equal([...error.subarray(0, 2)], [0, 0]);
  assertClose([loss], [Math.log(1 + Math.exp(-1))], tolerance);
});

test('an embedding passes vectors on and takes no gradient', () => {
  const model = modelOf(
    [2, 1, 1],
    [{ name: 'e', operator: 'embedding', inputs: [0], attributes: { size: 2 } }],
  );
  const table = model.parameters.get(0)!.weights;
  const values = runFloat(model, Float64Array.of(3, 255));
  assert.equal([...values.get(1)!], [...table.subarray(6, 8), ...table.subarray(510)]);
  const all = { wanted: (value: number) => value === 0 };
  const { valueGradients, parameterGradients } = backpropagate(model, values, values.get(1)!, all);
  assert.equal([...valueGradients.get(0)!], [0, 0]);
  assert.is(parameterGradients.size, 0);
  assert.throws(() => runFloat(model, Float64Array.of(3, 1.5)), /token ids from 0 to 255, got 1.5/);
});

test('softmax cross-entropy of the summed loss', () => {
  const logits = Float64Array.of(0.3, -1, 2, 700, -700, 0);
  const targets = Float64Array.of(0.1, 0.2, 0.7, 0.9, 0.05, 0.05);
  const { error } = softmaxCrossEntropy(logits, targets, 3);
  const numeric = logits.map((value, i) => {
    const at = (offset: number) =>
      softmaxCrossEntropy(logits.with(i, value + offset), targets, 3).loss;
    return (at(step) - at(-step)) / (2 * step);
  });
  assertClose(error, numeric, tolerance);
});

test.run();
