import * as fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import type { Graph, Node } from '#runtime';

import { chooseQuantization, quantizeValues } from './value-quantization.ts';

const test = suite('exporters/quantize/value-quantization');

const real = fc.float({ min: Math.fround(-1e30), max: Math.fround(1e30), noNaN: true });

test('0 is a step, the scale is a normal float32, and everything in range is within half a step', () => {
  fc.assert(
    fc.property(real, real, fc.double({ min: 0, max: 1, noNaN: true }), (a, b, position) => {
      const [minimum, maximum] = [Math.min(a, b), Math.max(a, b)];
      const { scale, zeroPoint } = chooseQuantization({ minimum, maximum });
      assert.is(scale, Math.fround(scale));
      assert.ok(scale >= 2 ** -40 && Number.isFinite(scale));
      assert.ok(Number.isInteger(zeroPoint) && zeroPoint >= 0 && zeroPoint <= 255);
      const x = minimum + position * (maximum - minimum);
      const quantised = Math.max(0, Math.min(255, Math.round(x / scale) + zeroPoint));
      // The zero point itself is rounded by up to half a step, which moves both ends.
      assert.ok(Math.abs(scale * (quantised - zeroPoint) - x) <= scale * 1.001);
    }),
    { seed: 3 },
  );
});

test('pixels 0..255 keep their values', () => {
  assert.equal(chooseQuantization({ minimum: 0, maximum: 255 }), { scale: 1, zeroPoint: 0 });
});

test('a value that is always 0 gets a usable scale', () => {
  assert.equal(chooseQuantization({ minimum: 0, maximum: 0 }), {
    scale: Math.fround(1 / 255),
    zeroPoint: 0,
  });
});

test('a range that is not finite is refused', () => {
  assert.throws(
    () => chooseQuantization({ minimum: 0, maximum: Infinity }),
    /expected a finite range/,
  );
  assert.throws(
    () => chooseQuantization({ minimum: Number.NaN, maximum: 1 }),
    /expected a finite range/,
  );
});

const clamped = (minimum: number, maximum: number): Node => ({
  name: 'a',
  operator: 'add',
  inputs: [0, 0],
  attributes: { clamp: { minimum, maximum } },
});
const window = { kernel: [2, 2], stride: [2, 2], dilation: [1, 1], pads: [0, 0, 0, 0] } as const;
const wide = { minimum: -10, maximum: 10 };

test('a clamp bounds the range: relu starts at 0, relu6 ends at 6 or before', () => {
  const graph: Graph = {
    inputShape: [1, 1, 1],
    nodes: [clamped(0, Infinity), clamped(0, 6), clamped(0, 6)],
  };
  const [, relu, relu6, low] = quantizeValues(graph, [
    wide,
    wide,
    wide,
    { minimum: 0, maximum: 3 },
  ]);
  assert.equal(relu, { scale: Math.fround(10 / 255), zeroPoint: 0 });
  assert.equal(relu6, { scale: Math.fround(6 / 255), zeroPoint: 0 });
  assert.equal(low, { scale: Math.fround(3 / 255), zeroPoint: 0 });
});

test('a lookup is bounded by its function', () => {
  const lookup = (activation: 'sigmoid' | 'tanh' | 'hardSwish'): Node => ({
    name: 'f',
    operator: 'lookup',
    inputs: [0],
    attributes: { activation, parameters: [] },
  });
  const graph: Graph = {
    inputShape: [1, 1, 1],
    nodes: [lookup('sigmoid'), lookup('tanh'), lookup('hardSwish')],
  };
  const [, sigmoid, tanh, hardSwish] = quantizeValues(graph, [wide, wide, wide, wide]);
  assert.equal(sigmoid, { scale: Math.fround(1 / 255), zeroPoint: 0 });
  assert.equal(tanh, { scale: Math.fround(2 / 255), zeroPoint: 127 });
  assert.equal(hardSwish!.zeroPoint, 9);
});

test('maxPool keeps the quantization of its input', () => {
  const pool: Node = { name: 'p', operator: 'maxPool', inputs: [1], attributes: { window } };
  const graph: Graph = { inputShape: [2, 2, 1], nodes: [clamped(0, Infinity), pool] };
  const [, before, after] = quantizeValues(graph, [wide, wide, { minimum: 0, maximum: 7 }]);
  assert.equal(after, before);
});

test('only a layer without a clamp at one position ends in logits', () => {
  const head = (clamp: { minimum: number; maximum: number } | null): Node => ({
    name: 'head',
    operator: 'dense',
    inputs: [0],
    attributes: { outputChannels: 2, clamp },
  });
  const conv: Node = {
    name: 'conv',
    operator: 'conv',
    inputs: [0],
    attributes: {
      window: { ...window, stride: [1, 1] },
      outputChannels: 2,
      groups: 1,
      clamp: null,
    },
  };
  const last = (node: Node, size: number) =>
    quantizeValues({ inputShape: [size, size, 1], nodes: [node] }, [wide, wide])[1];
  assert.is(last(head(null), 3), null);
  assert.is(last(conv, 2), null);
  assert.is.not(last(conv, 3), null);
  assert.is.not(last(head({ minimum: 0, maximum: 6 }), 3), null);
  assert.is.not(last(clamped(0, 1), 1), null);
});

test.run();
