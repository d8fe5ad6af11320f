import type { InferenceSession } from 'onnxruntime-node';

// Holds an imported model to ONNX Runtime on the file it came from, on random samples. Apart from
// #test-support's index for the same reason as onnx-runtime.ts.
import { decodeModel, importModel, outputOf, runFloat } from '#exporters';
import type { FloatModel, ImportedModel } from '#exporters';
import type { Quantization } from '#runtime';
import { inferShapes } from '#runtime';

import { assertClose } from './assert-close.ts';
import { runOnnx } from './onnx-runtime.ts';
import { randomStream } from './random-stream.ts';

export interface ComparisonOptions {
  readonly seed?: number;
  /** Samples are uniform between these. */
  readonly low?: number;
  readonly high?: number;
  /** Compute with the file's integers and round every value to its scales, as an int8 model does. */
  readonly isQuantized?: boolean;
  readonly session?: InferenceSession.SessionOptions;
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
  { seed = 1, low = -1, high = 1, isQuantized = false, session = {} }: ComparisonOptions = {},
): Promise<ImportComparison> {
  const { inputs, outputs } = decodeModel(bytes);
  const imported = importModel(bytes);
  const dimensions = inputs[0]!.dimensions!.map((size) => (typeof size === 'number' ? size : 2));
  const data = randomFloats(seed, product(dimensions), { low, high });

  const feeds = { [inputs[0]!.name]: [data, dimensions] } as const;
  const result = (await runOnnx(bytes, feeds, session))[outputs[0]!.name]!;
  const expected = Float32Array.from(result.data as ArrayLike<number>);

  const [height, width, channels] = imported.graph.inputShape;
  const isInputMoved = imported.inputLayout === 'nchw';
  const space = height * width;
  const samples = isInputMoved ? swapAxes(data, channels, space) : Float64Array.from(data);
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

/** The real numbers that the imported integers stand for. */
function realModel({ graph, quantized }: ImportedModel): FloatModel {
  const parameters = [...quantized!.layers].map(([node, { weights, bias, weightScales }]) => {
    const size = weights.length / bias.length;
    const inputScale = quantized!.values[graph.nodes[node]!.inputs[0]!]!.scale;
    const real = {
      weights: Float64Array.from(weights, (w, i) => w * weightScales[Math.floor(i / size)]!),
      bias: Float64Array.from(bias, (b, o) => b * inputScale * weightScales[o]!),
    };
    return [node, real] as const;
  });
  return { graph, parameters: new Map(parameters) };
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

/** [batch, a, b] to [batch, b, a]. */
function swapAxes(data: ArrayLike<number>, a: number, b: number): Float64Array {
  return Float64Array.from(data, (_, index) => {
    const [sample, rest] = [Math.floor(index / (a * b)), index % (a * b)];
    return data[sample * a * b + (rest % a) * b + Math.floor(rest / a)]!;
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
