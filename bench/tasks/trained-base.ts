// A base model of a task's own, trained here by full float32 backpropagation where no model file fits: MNIST's
// writers need one that has not seen them. Kept in bench/results/bases, by a digest of all it follows from.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import type { FloatModel } from '#exporters';
import { oneHot, schedule, shuffled, sizeOf } from '#runtime';
import type { Graph } from '#runtime';

import { FloatNetwork } from '../../targets/raspberry-pi/commands/bench/float-network.ts';
import { layerParameters } from '../../test/support/layer-parameters.ts';
import type { LabelledSamples } from './task.ts';

export interface BaseRecipe {
  readonly graph: Graph;
  readonly samples: () => LabelledSamples;
  readonly epochs: number;
  readonly batchSize: number;
  /** For the mean gradient of a batch; rises and falls as a lesson's. */
  readonly learningRate: number;
  /** Largest step of a layer over its weights. */
  readonly clip: number;
  readonly seed: number;
}

type Parameters = Map<number, { weights: Float32Array; bias: Float32Array }>;

const folder = fileURLToPath(new URL('../results/bases/', import.meta.url));

/** Trains and keeps it, unless it is kept already. */
export async function makeBase(recipe: BaseRecipe): Promise<void> {
  const file = fileOf(recipe);
  if (existsSync(file)) return;
  const trained = await train(recipe);
  const values = [...trained.values()].flatMap(({ weights, bias }) => [weights, bias]);
  const whole = new Float32Array(values.reduce((sum, { length }) => sum + length, 0));
  let start = 0;
  for (const part of values) {
    whole.set(part, start);
    start += part.length;
  }
  mkdirSync(folder, { recursive: true });
  writeFileSync(file, new Uint8Array(whole.buffer));
}

/** Throws Error where makeBase has not run. */
export function keptBase(recipe: BaseRecipe): Parameters {
  const file = fileOf(recipe);
  if (!existsSync(file)) throw new Error(`${file}: expected a trained base model; call makeBase`);
  const whole = new Float32Array(new Uint8Array(readFileSync(file)).buffer);
  let start = 0;
  const next = ({ length }: Float32Array): Float32Array => whole.slice(start, (start += length));
  return new Map(
    Array.from(firstParameters(recipe), ([node, { weights, bias }]) => [
      node,
      { weights: next(weights), bias: next(bias) },
    ]),
  );
}

async function train(recipe: BaseRecipe): Promise<FloatModel['parameters']> {
  const { graph, epochs, batchSize, learningRate, clip, seed } = recipe;
  const { x, y } = recipe.samples();
  const size = sizeOf(graph.inputShape);
  await using network = await FloatNetwork.open({ graph, parameters: firstParameters(recipe) });
  const perEpoch = Math.floor(y.length / batchSize);
  const all = [...y.keys()];
  for (let epoch = 0; epoch < epochs; epoch++) {
    const order = shuffled(all, seed * 1009 + epoch);
    for (let batch = 0; batch < perEpoch; batch++) {
      const indices = order.slice(batch * batchSize, (batch + 1) * batchSize);
      const images = new Float32Array(batchSize * size);
      indices.forEach((row, n) => images.set(x.subarray(row * size, (row + 1) * size), n * size));
      const step = epoch * perEpoch + batch;
      const now = schedule({ learningRate, clip }, step, epochs * perEpoch);
      const rates = { rate: now.learningRate / batchSize, clip: now.clip, step, seed };
      await network.learn(images, oneHot(y, indices, network.classes), rates);
    }
  }
  return network.parameters();
}

/** Uniform with deviation sqrt(2 / fan-in), from the seed; biases 0. */
function firstParameters({ graph, seed }: BaseRecipe): Parameters {
  return layerParameters(graph, ({ index, rows, fan }) => ({
    weights: Float32Array.from(
      { length: rows * fan },
      (_, i) => (2 * uniform(seed * 64 + index, i) - 1) * Math.sqrt(6 / fan),
    ),
    bias: new Float32Array(rows),
  }));
}

function fileOf({ samples, ...recipe }: BaseRecipe): string {
  const { x, y } = samples();
  const hash = createHash('sha256').update(JSON.stringify(recipe)).update(y);
  hash.update(new Uint8Array(x.buffer, x.byteOffset, x.byteLength));
  return `${folder}${hash.digest('hex').slice(0, 16)}.f32`;
}

/** The finalizer of MurmurHash3 over two counters, in 0..1. */
function uniform(key: number, counter: number): number {
  let hash = Math.imul(key + 1, 0x9e3779b9) ^ Math.imul(counter + 1, 0x7feb352d);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32;
}
