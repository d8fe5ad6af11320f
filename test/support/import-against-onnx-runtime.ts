import type { InferenceSession } from 'onnxruntime-node';

// Holds an imported model to ONNX Runtime on the file it came from, on random samples. Apart from
// #test-support's index for the same reason as onnx-runtime.ts.
import { decodeModel, dequantize, importModel, outputOf, runFloat } from '#exporters';
import type { FloatModel, ImportedModel, OnnxValue } from '#exporters';
import type { Quantization } from '#runtime';
import { inferShapes } from '#runtime';

import { assertClose } from './assert-close.ts';
import { runOnnx } from './onnx-runtime.ts';
import { randomStream } from './random-stream.ts';

export interface ComparisonOptions {
  readonly seed?: number;
  /** Samples are uniform between these; token ids from 0 to below `high`. */
  readonly low?: number;
  readonly high?: number;
  /** Compute with the file's integers and round every value to its scales, as an int8 model does. */
  readonly isQuantized?: boolean;
  readonly session?: InferenceSession.SessionOptions;
  /** 1 where the file has the steps of a sequence before the batch, in its input; its output is batch first. */
  readonly batchAxis?: 0 | 1;
}

export interface ImportComparison {
  readonly imported: ImportedModel;
  /** What the imported model computes, in the file's order of axes. */
  readonly actual: Float64Array;
  readonly expected: Float32Array;
}

/** Imports the model and fails unless it computes what ONNX Runtime does, to `tolerance`. */
export async function expectSameOutput(
  bytes: Uint8Array,
  tolerance: number,
  options: ComparisonOptions = {},
): Promise<ImportedModel> {
  const { imported, actual, expected } = await compareImport(bytes, options);
  assertClose(actual, expected, tolerance);
  return imported;
}

export async function compareImport(
  bytes: Uint8Array,
  {
    seed = 1,
    low = -1,
    high = 1,
    isQuantized = false,
    session = {},
    batchAxis = 0,
  }: ComparisonOptions = {},
): Promise<ImportComparison> {
  const { inputs, outputs } = decodeModel(bytes);
  const imported = importModel(bytes);
  const [input] = inputs;
  const dimensions = input!.dimensions!.map((size) => (typeof size === 'number' ? size : 2));
  const isTokens = input!.type !== 'float32';
  const drawn = randomFloats(
    seed,
    product(dimensions),
    isTokens ? { low: 0, high } : { low, high },
  );
  const data = isTokens ? drawn.map(Math.floor) : drawn;
  const fed = isTokens ? BigInt64Array.from(data, BigInt) : data;

  const feeds = { [input!.name]: [fed, dimensions], ...others(inputs.slice(1)) } as const;
  const result = (await runOnnx(bytes, feeds, session))[outputs[0]!.name]!;
  const expected = Float32Array.from(result.data as ArrayLike<number>);

  const [height, width, channels] = imported.graph.inputShape;
  const isInputMoved = imported.inputLayout === 'nchw';
  const space = height * width;
  const batched = batchAxis === 0 ? data : swapAxes(data, height, dimensions[1]!, channels);
  const samples = isInputMoved ? swapAxes(batched, channels, space) : Float64Array.from(batched);
  const values = isQuantized ? runRounded(imported, samples) : runFloat(imported, samples);
  const output = Float64Array.from(outputOf(imported, values));
  const [h, w, c] = inferShapes(imported.graph).at(-1)!;
  const isOutputMoved = result.dims.length < 3 || result.dims[1] === c;
  const moved = isOutputMoved ? swapAxes(output, h * w, c) : output;
  return { imported, actual: imported.softmax ? softmax(moved, c) : moved, expected };
}

export function randomFloats(
  seed: number,
  length: number,
  { low = -1, high = 1 }: { low?: number; high?: number } = {},
): Float32Array {
  const next = randomStream(seed);
  return Float32Array.from({ length }, () => low + (high - low) * next());
}

function runRounded(imported: ImportedModel, samples: Float64Array) {
  const { values } = imported.quantized!;
  return runFloat(realModel(imported), samples, {
    onValue: (value, data) => {
      const quantization = values[value];
      if (quantization) roundToSteps(data, quantization);
    },
  });
}

/** The real numbers that the imported integers stand for, in float64 but for those of recurrent layers. */
function realModel({ graph, quantized }: ImportedModel): FloatModel {
  const { values: quantization, layers } = quantized!;
  const model = { graph, quantization, layers, lookups: new Map(), weightLimit: 127 } as const;
  const { parameters } = dequantize(model);
  const precise = [...parameters].map(([node, real]) => {
    const { weights, bias, weightScales } = layers.get(node)!;
    if (graph.nodes[node]!.operator === 'recurrent') return [node, real] as const;
    const size = weights.length / bias.length;
    const inputScale = quantization[graph.nodes[node]!.inputs[0]!]!.scale;
    return [
      node,
      {
        weights: Float64Array.from(weights, (w, i) => w * weightScales[Math.floor(i / size)]!),
        bias: Float64Array.from(bias, (b, o) => b * inputScale * weightScales[o]!),
      },
    ] as const;
  });
  return { graph, parameters: new Map(precise) };
}

function roundToSteps(data: Float32Array | Float64Array, { scale, zeroPoint }: Quantization): void {
  for (let i = 0; i < data.length; i++) {
    const step = roundHalfEven(data[i]! / scale) + zeroPoint;
    data[i] = (Math.min(255, Math.max(0, step)) - zeroPoint) * scale;
  }
}

function roundHalfEven(x: number): number {
  const rounded = Math.round(x);
  return rounded - x === 0.5 && rounded % 2 !== 0 ? rounded - 1 : rounded;
}

/** Zeros for inputs that the import drops: states, of two samples. */
function others(inputs: readonly OnnxValue[]): Record<string, readonly [Float32Array, number[]]> {
  return Object.fromEntries(
    inputs.map(({ name, dimensions }) => {
      const sizes = dimensions!.map((size) => (typeof size === 'number' ? size : 2));
      return [name, [new Float32Array(product(sizes)), sizes]] as const;
    }),
  );
}

/** [batch, a, b, inner] to [batch, b, a, inner]. */
function swapAxes(data: ArrayLike<number>, a: number, b: number, inner = 1): Float64Array {
  return Float64Array.from(data, (_, index) => {
    const [rows, i] = [Math.floor(index / inner), index % inner];
    const [sample, rest] = [Math.floor(rows / (a * b)), rows % (a * b)];
    return data[(sample * a * b + (rest % a) * b + Math.floor(rest / a)) * inner + i]!;
  });
}

function softmax(logits: Float64Array, classes: number): Float64Array {
  return logits.map((logit, index) => {
    const first = index - (index % classes);
    const row = logits.subarray(first, first + classes);
    return 1 / row.reduce((sum, other) => sum + Math.exp(other - logit), 0);
  });
}

function product(sizes: readonly number[]): number {
  return sizes.reduce((total, size) => total * size, 1);
}
