import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { windowOf } from '#test-support';

import { EngineError } from '../errors.ts';
import type { LayerParameters, Quantization } from '../graph/model.ts';
import type { Window } from '../graph/operator.ts';
import type { Shape } from '../graph/shape.ts';
import { conv } from './conv.ts';
import type { Site } from './site.ts';

const test = suite('runtime/kernels/conv');

interface ConvCase {
  readonly input: Shape;
  readonly output: Shape;
  readonly window: Window;
  readonly weights: readonly number[];
  readonly groups?: number;
  readonly bias?: readonly number[];
  readonly clamp?: Site<'conv'>['attributes']['clamp'];
  readonly inputQuantization?: Quantization;
  readonly outputQuantization?: Quantization;
}

const unit: Quantization = { scale: 1, zeroPoint: 0 };

function siteOf(own: ConvCase): Site<'conv'> {
  const outputChannels = own.output[2];
  const parameters: LayerParameters = {
    weights: Int8Array.from(own.weights),
    bias: Int32Array.from(own.bias ?? Array.from({ length: outputChannels }, () => 0)),
    weightScales: new Float32Array(outputChannels).fill(1),
  };
  const { window, groups = 1, clamp = null } = own;
  return {
    index: 0,
    name: 'conv1',
    operator: 'conv',
    attributes: { window, groups, outputChannels, clamp },
    inputs: [0],
    inputShapes: [own.input],
    outputShape: own.output,
    inputQuantization: [own.inputQuantization ?? unit],
    outputQuantization: own.outputQuantization ?? unit,
    parameters,
    lookup: null,
  };
}

function forward(own: ConvCase, x: readonly number[], batch = 1): number[] {
  return [...conv.forward(siteOf(own), [Uint8Array.from(x)], batch)];
}

const pointwise = { input: [1, 1, 1], output: [1, 1, 1], window: windowOf(1) } as const;

test('halves of a quantum round to even', () => {
  const halves = { ...pointwise, weights: [1], outputQuantization: { scale: 2, zeroPoint: 0 } };
  assert.equal(
    [1, 3, 5, 7].map((x) => forward(halves, [x])[0]),
    [0, 2, 2, 4],
  );
});

test('sums saturate at 0 and 255, and at a clamp', () => {
  assert.equal(forward({ ...pointwise, weights: [64] }, [255]), [255]);
  assert.equal(forward({ ...pointwise, weights: [-64] }, [255]), [0]);
  const clamp = { minimum: 3, maximum: 7 };
  assert.equal(
    [0, 5, 9].map((x) => forward({ ...pointwise, weights: [1], clamp }, [x])[0]),
    [3, 5, 7],
  );
});

test('the bias joins the sum before scaling', () => {
  const scaled = {
    ...pointwise,
    weights: [2],
    bias: [5],
    outputQuantization: { scale: 3, zeroPoint: 1 },
  };
  assert.equal(forward(scaled, [8]), [8]); // (2 * 8 + 5) / 3 + 1
});

test('padding counts as real zero where the zero point is not 0', () => {
  const row: ConvCase = {
    input: [1, 3, 1],
    output: [1, 3, 1],
    window: windowOf([1, 3], { pads: [0, 1, 0, 1] }),
    weights: [1, 10, 30],
    inputQuantization: { scale: 1, zeroPoint: 100 },
    outputQuantization: { scale: 1, zeroPoint: 50 },
  };
  // Real values 1, 2, 3.
  assert.equal(forward(row, [101, 102, 103]), [50 + 10 + 60, 50 + 1 + 20 + 90, 50 + 2 + 30]);
});

test('pads may differ on every side', () => {
  const corner: ConvCase = {
    input: [2, 2, 1],
    output: [2, 2, 1],
    window: windowOf(2, { pads: [1, 0, 0, 1] }),
    weights: [1, 2, 4, 8],
  };
  // Rows above: padding, row 0; columns: 0 1, then 1 and padding.
  assert.equal(forward(corner, [1, 2, 3, 4]), [4 + 16, 8, 1 + 4 + 12 + 32, 2 + 16]);
});

test('dilation and stride choose what a window reads', () => {
  const spread: ConvCase = {
    input: [1, 6, 1],
    output: [1, 2, 1],
    window: windowOf([1, 2], { stride: 2, dilation: 3 }),
    weights: [1, 10],
  };
  assert.equal(forward(spread, [1, 2, 3, 4, 5, 6]), [1 + 40, 3 + 60]);
});

test('groups read their own channels only', () => {
  const grouped: ConvCase = {
    input: [1, 1, 4],
    output: [1, 1, 6],
    window: windowOf(1),
    groups: 2,
    weights: [1, 0, 0, 1, 1, 1, 1, 0, 0, 1, 1, 1],
  };
  assert.equal(forward(grouped, [1, 2, 10, 20]), [1, 2, 3, 10, 20, 30]);
});

test('samples of a batch do not mix', () => {
  const row: ConvCase = {
    input: [1, 2, 1],
    output: [1, 2, 1],
    window: windowOf([1, 3], { pads: [0, 1, 0, 1] }),
    weights: [1, 1, 1],
  };
  assert.equal(forward(row, [1, 2, 30, 40], 2), [3, 3, 70, 70]);
});

test('logits are the scaled sums, unclamped and unrounded', () => {
  const site = {
    ...siteOf({
      ...pointwise,
      weights: [-3],
      bias: [1],
      inputQuantization: { scale: 0.25, zeroPoint: 2 },
    }),
    outputQuantization: null,
  };
  assert.equal([...conv.logits(site, Uint8Array.of(12), 1)], [(-3 * 10 + 1) * 0.25]);
});

test('the weight gradient is the sum of error times input over positions and samples', () => {
  const row: ConvCase = {
    input: [1, 3, 1],
    output: [1, 2, 1],
    window: windowOf([1, 2]),
    weights: [1, 1],
    inputQuantization: { scale: 1, zeroPoint: 1 },
  };
  // Errors with range 0..255: scale 1, so that they are their own integers.
  const errors = Float32Array.of(255, 1, 2, 0);
  const x = Uint8Array.of(2, 3, 4, 11, 21, 31); // real 1 2 3, 10 20 30
  assert.equal(conv.weightGradient(siteOf(row), x, errors, 2), {
    weights: Int32Array.of(255 + 2 + 20, 510 + 3 + 40),
    bias: Int32Array.of(258),
    errorScale: 1,
  });
});

test('errors of both signs keep their zero in both gradients', () => {
  const errors = Float32Array.of(-100, 155);
  const x = Uint8Array.of(2, 3);
  assert.equal(conv.weightGradient(siteOf({ ...pointwise, weights: [1] }), x, errors, 2), {
    weights: Int32Array.of(-200 + 465),
    bias: Int32Array.of(55),
    errorScale: 1,
  });
});

test('the input gradient gathers from every output that read the input', () => {
  const row: ConvCase = {
    input: [1, 3, 1],
    output: [1, 2, 1],
    window: windowOf([1, 2]),
    weights: [3, 5],
  };
  const [gradient] = conv.backward(siteOf(row), {
    inputs: [new Uint8Array(3)],
    output: new Uint8Array(2),
    gradient: Float32Array.of(255, 1),
    batch: 1,
    wanted: [true],
  });
  assert.equal([...gradient!], [3 * 255, 5 * 255 + 3, 5]);
});

test('a batch whose sums could leave int32 is refused, with the batch that fits', () => {
  const large: ConvCase = {
    input: [100, 100, 1],
    output: [100, 100, 1],
    window: windowOf(1),
    weights: [1],
  };
  const gradient = (batch: number): unknown =>
    conv.weightGradient(
      siteOf(large),
      new Uint8Array(batch * 1e4),
      new Float32Array(batch * 1e4),
      batch,
    );
  gradient(3);
  assert.throws(
    () => gradient(4),
    (error: unknown) =>
      error instanceof EngineError && /conv1: .*33025.*4 x 10000.* at most 3$/.test(error.message),
  );
});

test('sums at the very edge of int32 are exact', () => {
  const positions = 33_025;
  const wide: ConvCase = {
    input: [1, positions, 1],
    output: [1, positions, 1],
    window: windowOf(1),
    weights: [1],
  };
  const errors = new Float32Array(positions).fill(255);
  const x = new Uint8Array(positions).fill(255);
  const { weights } = conv.weightGradient(siteOf(wide), x, errors, 1);
  assert.is(weights[0], 255 * 255 * positions);
});

test.run();
