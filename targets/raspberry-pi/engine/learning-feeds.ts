// The inputs of programs: what stays the same from run to run, and what learning needs beside it.
import { Tensor } from 'onnxruntime-node';
import type { InferenceSession } from 'onnxruntime-node';

import { noiseOffset } from '#runtime';
import type { EngineInput, StepRates } from '#runtime';

import type { IndexTables } from './index-tables.ts';
import { dimensionsOf, nodeOf } from './program.ts';
import type { Tensors } from './program.ts';

/** Views of the caller's weights and biases, and index tables, for the inputs that are such. */
export function fixedFeeds(
  session: InferenceSession,
  parameters: EngineInput['parameters'],
  tables: IndexTables,
): Tensors {
  const feeds: Tensors = {};
  for (const input of session.inputNames) {
    const tensor = tables.isTable(input)
      ? tables.get(input)
      : parameterTensor(input, dimensionsOf(session, input), parameters);
    if (tensor !== null) feeds[input] = tensor;
  }
  return feeds;
}

function parameterTensor(
  input: string,
  dimensions: readonly number[],
  parameters: EngineInput['parameters'],
): Tensor | null {
  const [weights] = nodeOf('weights', input);
  const [bias] = nodeOf('bias', input);
  const layer = parameters.get(weights ?? bias ?? -1);
  if (layer === undefined) return null;
  return weights === undefined
    ? new Tensor('int32', layer.bias, dimensions)
    : new Tensor('int8', layer.weights, dimensions);
}

/** Makes a step's `rates` and `noise:<node>` for one program. */
export class LearningFeeds {
  readonly #noise: Float32Array;
  readonly #layers: readonly {
    readonly input: string;
    readonly node: number;
    readonly dimensions: readonly number[];
    readonly length: number;
  }[];

  /** `noise` is a noiseTable for the largest layer; it is read in place. */
  constructor(session: InferenceSession, noise: Float32Array) {
    this.#noise = noise;
    this.#layers = session.inputNames.flatMap((input) =>
      nodeOf('noise', input).map((node) => {
        const dimensions = dimensionsOf(session, input);
        return { input, node, dimensions, length: dimensions.reduce((a, b) => a * b, 1) };
      }),
    );
  }

  /** Empty where the program updates nothing. */
  at({ rate, clip, ratio, seed, step }: StepRates): Tensors {
    if (this.#layers.length === 0) return {};
    const feeds: Tensors = {
      rates: new Tensor('float32', Float32Array.of(rate, clip, ratio), [3]),
    };
    for (const { input, node, dimensions, length } of this.#layers) {
      const start = noiseOffset(seed, node, step);
      const noise = this.#noise.subarray(start, start + length);
      feeds[input] = new Tensor('float32', noise, dimensions);
    }
    return feeds;
  }
}
