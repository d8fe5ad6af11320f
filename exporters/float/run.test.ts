import * as fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import type { Node, Shape, Window } from '#runtime';
import { InputError, windowOutput } from '#runtime';
import { assertClose } from '#test-support';

import type { FloatParameters } from './array.ts';
import type { FloatModel } from './model.ts';
import { outputOf, runFloat } from './run.ts';

const test = suite('exporters/float/run');

const pointwise: Window = { kernel: [1, 1], stride: [1, 1], dilation: [1, 1], pads: [0, 0, 0, 0] };

function modelOf(
  inputShape: Shape,
  nodes: Node[],
  parameters: [number, FloatParameters][] = [],
): FloatModel {
  return { graph: { inputShape, nodes }, parameters: new Map(parameters) };
}

/** Values in [-1, 1) that differ from one another. */
function ramp(length: number, seed = 0): Float64Array {
  return new Float64Array(length).map((_, i) => (((i + seed) * 0.6180339887) % 1) * 2 - 1);
}

/** The definition, one output at a time. Input position [y, x] of a window offset, or null in the padding. */
function readPosition(window: Window, [height, width]: Shape, output: number[], offset: number[]) {
  const y = output[0]! * window.stride[0] + offset[0]! * window.dilation[0] - window.pads[0];
  const x = output[1]! * window.stride[1] + offset[1]! * window.dilation[1] - window.pads[1];
  return y >= 0 && y < height && x >= 0 && x < width ? y * width + x : null;
}

const windows: fc.Arbitrary<Window> = fc.record({
  kernel: fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 })),
  stride: fc.tuple(fc.integer({ min: 1, max: 2 }), fc.integer({ min: 1, max: 3 })),
  dilation: fc.tuple(fc.integer({ min: 1, max: 2 }), fc.integer({ min: 1, max: 2 })),
  pads: fc.tuple(fc.nat(2), fc.nat(1), fc.nat(1), fc.nat(2)),
});

const convCases = fc.record({
  window: windows,
  groups: fc.integer({ min: 1, max: 5 }),
  inputs: fc.integer({ min: 1, max: 3 }),
  outputs: fc.integer({ min: 1, max: 3 }),
});

test('conv is its definition for any window, stride, dilation, padding and groups', () => {
  const shape = (channels: number): Shape => [5, 6, channels];
  fc.assert(
    fc.property(convCases, ({ window, groups, inputs, outputs }) => {
      const channels = groups * inputs;
      const outputChannels = groups * outputs;
      const [height, width] = windowOutput(shape(channels), window);
      const [kh, kw] = window.kernel;
      const weights = ramp(outputChannels * kh * kw * inputs, 5);
      const bias = ramp(outputChannels, 3);
      const x = ramp(2 * 30 * channels, 1);
      const node: Node = {
        name: 'conv',
        operator: 'conv',
        inputs: [0],
        attributes: { window, outputChannels, groups, clamp: null },
      };
      const model = modelOf(shape(channels), [node], [[0, { weights, bias }]]);
      const expected: number[] = [];
      for (let n = 0; n < 2; n++) {
        for (let p = 0; p < height * width; p++) {
          for (let o = 0; o < outputChannels; o++) {
            let sum = bias[o]!;
            for (let k = 0; k < kh * kw; k++) {
              const output = [Math.floor(p / width), p % width];
              const q = readPosition(window, shape(channels), output, [Math.floor(k / kw), k % kw]);
              if (q === null) continue;
              const firstChannel = Math.floor(o / outputs) * inputs;
              for (let c = 0; c < inputs; c++) {
                sum +=
                  weights[(o * kh * kw + k) * inputs + c]! *
                  x[(n * 30 + q) * channels + firstChannel + c]!;
              }
            }
            expected.push(sum);
          }
        }
      }
      assertClose(outputOf(model, runFloat(model, x)), expected, 1e-12);
    }),
    { numRuns: 60, seed: 11 },
  );
});

test('pools leave padding out, and count it only when told', () => {
  const window: Window = { kernel: [2, 2], stride: [2, 2], dilation: [1, 1], pads: [1, 1, 0, 0] };
  const x = Float32Array.of(-1, -2, -3, -4, -5, -6, -7, -8, -9); // 3x3, output 2x2
  const pool = (node: Node) => [
    ...outputOf(modelOf([3, 3, 1], [node]), runFloat(modelOf([3, 3, 1], [node]), x)),
  ];
  const base = { name: 'pool', inputs: [0] };
  assert.equal(pool({ ...base, operator: 'maxPool', attributes: { window } }), [-1, -2, -4, -5]);
  assert.equal(
    pool({ ...base, operator: 'averagePool', attributes: { window, countPadding: false } }),
    [-1, -2.5, -5.5, -7],
  );
  assert.equal(
    pool({ ...base, operator: 'averagePool', attributes: { window, countPadding: true } }),
    [-0.25, -1.25, -2.75, -7],
  );
});

test('dense reads height, width, channels in order and clamps', () => {
  const attributes = { outputChannels: 2, clamp: { minimum: 0, maximum: 6 } };
  const node: Node = { name: 'head', operator: 'dense', attributes, inputs: [0] };
  const parameters = {
    weights: Float32Array.of(1, 10, 100, 1000, -1, 0, 0, 0),
    bias: Float32Array.of(-4321, 1),
  };
  const model = modelOf([1, 2, 2], [node], [[0, parameters]]);
  const x = Float32Array.of(5, 2, 3, 4, 0.5, 0, 0, 0);
  assert.equal([...outputOf(model, runFloat(model, x))], [4, 0, 0, 0.5]);
});

test('mul takes one factor per channel of its own sample', () => {
  const nodes: Node[] = [
    {
      name: 'mean',
      operator: 'averagePool',
      inputs: [0],
      attributes: { window: { ...pointwise, kernel: [1, 2] }, countPadding: false },
    },
    { name: 'scale', operator: 'mul', inputs: [0, 1], attributes: {} },
  ];
  const model = modelOf([1, 2, 2], nodes);
  const y = outputOf(model, runFloat(model, Float32Array.of(1, 2, 3, 4, 10, 20, 30, 40)));
  assert.equal([...y], [2, 6, 6, 12, 200, 600, 600, 1200]);
});

test('concat interleaves its inputs along channels', () => {
  const nodes: Node[] = [
    { name: 'double', operator: 'add', inputs: [0, 0], attributes: { clamp: null } },
    { name: 'both', operator: 'concat', inputs: [0, 1], attributes: {} },
  ];
  const model = modelOf([2, 1, 2], nodes);
  assert.equal(
    [...outputOf(model, runFloat(model, Float32Array.of(1, 2, 3, 4)))],
    [1, 2, 2, 4, 3, 4, 6, 8],
  );
});

test('lookups are the functions ONNX defines', () => {
  const at = (
    activation: Extract<Node, { operator: 'lookup' }>['attributes']['activation'],
    parameters: number[],
  ) => {
    const node: Node = {
      name: 'f',
      operator: 'lookup',
      inputs: [0],
      attributes: { activation, parameters },
    };
    const model = modelOf([1, 1, 3], [node]);
    return outputOf(model, runFloat(model, Float64Array.of(-4, 0.5, 4)));
  };
  assertClose(at('leakyRelu', [0.1]), [-0.4, 0.5, 4], 1e-12);
  assertClose(at('hardSwish', []), [0, 0.5 * (3.5 / 6), 4], 1e-12);
  assertClose(at('hardSigmoid', []), [0, 0.6, 1], 1e-12);
  assertClose(at('sigmoid', []), [0.0179862099620916, 0.622459331201855, 0.982013790037908], 1e-12);
  assertClose(at('tanh', []), [-0.999329299739067, 0.46211715726001, 0.999329299739067], 1e-12);
  assertClose(at('clamp', [-1, 0.25]), [-1, 0.25, 0.25], 1e-12);
});

test('values nobody needs are dropped, the output never', () => {
  const add = (input: number): Node => ({
    name: 'a',
    operator: 'add',
    inputs: [input, input],
    attributes: { clamp: null },
  });
  const model = modelOf([1, 1, 1], [add(0), add(1), add(2)]);
  const seen: number[] = [];
  const values = runFloat(model, Float32Array.of(1), {
    keep: (value) => value === 1,
    onValue: (value) => seen.push(value),
  });
  assert.equal([...values.keys()], [1, 3]);
  assert.equal(seen, [0, 1, 2, 3]);
});

test('sizes that do not fit are refused by name', () => {
  const node: Node = {
    name: 'head',
    operator: 'dense',
    attributes: { outputChannels: 2, clamp: null },
    inputs: [0],
  };
  const parameters = { weights: new Float32Array(3), bias: new Float32Array(2) };
  const model = modelOf([1, 1, 2], [node], [[0, parameters]]);
  const isClear = (pattern: RegExp) => (error: unknown) =>
    error instanceof InputError && pattern.test(error.message);
  assert.throws(
    () => runFloat(model, new Float32Array(2)),
    isClear(/head: expected 4 weights and 2 biases, got 3 and 2/),
  );
  const whole = modelOf([1, 1, 2], []);
  assert.throws(
    () => runFloat(whole, new Float32Array(3)),
    isClear(/multiple of 2 numbers \(1x1x2 a sample\), got 3/),
  );
});

test.run();
