// The inputs of programs: what stays the same from run to run, and what learning needs beside it.
import { Tensor } from 'onnxruntime-node';
import type { InferenceSession } from 'onnxruntime-node';

import { noiseOffset } from '#runtime';
import type { EngineInput, LayerParameters, StepRates } from '#runtime';

import type { GradientSums } from './gradient-sums.ts';
import type { IndexTables } from './index-tables.ts';
import { dimensionsOf, layerArrayName } from './program.ts';
import type { LayerArrayName, Tensors } from './program.ts';

/** What the programs of an engine share: all of it is read, and some written, in place. */
export interface SharedArrays {
  readonly parameters: EngineInput['parameters'];
  readonly tables: IndexTables;
  readonly sums: GradientSums;
}

/** Views of the caller's weights and biases, index tables and sums of gradients, for the inputs that are such. */
export function fixedFeeds(session: InferenceSession, shared: SharedArrays): Tensors {
  const feeds: Tensors = {};
  for (const input of session.inputNames) {
    const tensor = fixedFeed(session, input, shared);
    if (tensor !== null) feeds[input] = tensor;
  }
  return feeds;
}

function fixedFeed(
  session: InferenceSession,
  input: string,
  { parameters, tables, sums }: SharedArrays,
): Tensor | null {
  if (tables.isTable(input)) return tables.get(input);
  const name = layerArrayName(input);
  if (name === null) return null;
  const dimensions = dimensionsOf(session, input);
  if (sums.isSum(name)) return sums.get(input, name, dimensions);
  const layer = parameters.get(name.node);
  return layer === undefined ? null : parameterTensor(name, dimensions, layer);
}

function parameterTensor(
  { kind, part }: LayerArrayName,
  dimensions: readonly number[],
  { weights, bias }: LayerParameters,
): Tensor | null {
  const length = sizeOf(dimensions);
  if (kind === 'weights') return new Tensor('int8', partOf(weights, part, length), dimensions);
  if (kind === 'bias') return new Tensor('int32', partOf(bias, part, length), dimensions);
  return null;
}

/** A recurrent layer's arrays hold the input map's part, then the hidden map's. */
function partOf<Values extends Int8Array | Int32Array>(
  values: Values,
  part: LayerArrayName['part'],
  length: number,
): Values {
  const start = part === 'hidden' ? values.length - length : 0;
  return values.subarray(start, start + length) as Values;
}

function sizeOf(dimensions: readonly number[]): number {
  return dimensions.reduce((total, size) => total * size, 1);
}

/** Makes a step's `rates` and `noise:<layer>` for one program. */
export class LearningFeeds {
  readonly #noise: Float32Array;
  readonly #layers: readonly {
    readonly input: string;
    readonly node: number;
    readonly dimensions: readonly number[];
    readonly length: number;
    /** Index of the first weight in its layer. */
    readonly first: number;
  }[];

  /** `noise` is a noiseTable for the largest layer; it is read in place. */
  constructor(
    session: InferenceSession,
    noise: Float32Array,
    parameters: EngineInput['parameters'],
  ) {
    this.#noise = noise;
    this.#layers = session.inputNames.flatMap((input) => {
      const name = layerArrayName(input);
      if (name?.kind !== 'noise') return [];
      const { node, part } = name;
      const dimensions = dimensionsOf(session, input);
      const length = sizeOf(dimensions);
      const all = parameters.get(node)?.weights.length ?? length;
      return [{ input, node, dimensions, length, first: part === 'hidden' ? all - length : 0 }];
    });
  }

  /** Empty where the program updates nothing. */
  at({ rate, clip, ratio, seed, step }: StepRates): Tensors {
    if (this.#layers.length === 0) return {};
    const feeds: Tensors = {
      rates: new Tensor('float32', Float32Array.of(rate, clip, ratio), [3]),
    };
    for (const { input, node, dimensions, length, first } of this.#layers) {
      const start = noiseOffset(seed, node, step) + first;
      const noise = this.#noise.subarray(start, start + length);
      feeds[input] = new Tensor('float32', noise, dimensions);
    }
    return feeds;
  }
}
