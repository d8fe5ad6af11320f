// The do-no-harm control: real people whose digits the base model reads well already. What a lesson can do here
// is harm, and naive fine-tuning does.
import { join } from 'node:path';

import type { Graph, Node } from '#runtime';

import { sourceFolder } from './digit-users.ts';
import { readIdxFile } from './idx-file.ts';
import { sharedArrays } from './shared-arrays.ts';
import type { LabelledSamples, Owner, OwnerData, Task } from './task.ts';
import type { BaseRecipe } from './trained-base.ts';
import { keptBase, makeBase } from './trained-base.ts';

const dataSet = 'mnist-train-writers';
const size = 28 * 28;
const learned = 64;
/** Writers with the most digits, by rank: every eighth was tuned on, every fourth is reported. */
const ranked = 64;
const relu = { minimum: 0, maximum: Infinity };

const recipe: BaseRecipe = {
  graph: {
    inputShape: [28, 28, 1],
    nodes: [
      convolution('conv1', 0, 16, 2),
      convolution('conv2', 1, 24, 1),
      convolution('conv3', 2, 32, 2),
      convolution('conv4', 3, 32, 1),
      {
        name: 'head',
        operator: 'dense',
        attributes: { outputChannels: 10, clamp: null },
        inputs: [4],
      },
    ],
  } satisfies Graph,
  samples: () => rowsOf(baseRows(0, 12_000)),
  epochs: 2,
  batchSize: 16,
  learningRate: 0.06,
  clip: 0.05,
  seed: 1,
};

export const writers: Task = {
  name: 'writers',
  title: 'Do no harm: writers that the model reads already',
  describes:
    'Base model: four convolutions and a dense layer, trained by the benchmark on 12,000 digits of other writers. A ' +
    'user is one of MNIST’s writers. Learned from: their first 64 digits; tested on the rest, about 66; forgetting on ' +
    '500 digits of writers that nobody learned from. Lessons are not gated here: the table shows what the gate is for.',
  tuningUsers: writersWhere((rank) => rank % 8 === 0),
  users: writersWhere((rank) => rank % 4 === 2),
  quickUsers: 0,
  batchSize: 4,
  epochs: 16,
  missing: () => (sharedArrays(dataSet) ? null : `${dataSet}.bin is not here`),
  make: () => makeBase(recipe),
  baseModel: () => ({
    key: 'writers',
    imported: {
      graph: recipe.graph,
      parameters: keptBase(recipe),
      inputLayout: 'nhwc',
      softmax: false,
      quantized: null,
      notes: [],
    },
    calibration: () => rowsOf(baseRows(12_000, 300)),
  }),
  data: ownerData,
};

function ownerData({ user }: Owner): OwnerData {
  const writer = Number(user);
  const rows = indicesOf((other) => other === writer);
  return {
    train: rowsOf(rows.slice(0, learned)),
    test: rowsOf(rows.slice(learned)),
    original: rowsOf(baseRows(13_000, 500)),
  };
}

/** Ids of the writers with the most digits, those whose rank is asked for. */
function writersWhere(wanted: (rank: number) => boolean): string[] {
  return largestWriters()
    .filter((_, rank) => wanted(rank))
    .map(String);
}

function largestWriters(): number[] {
  const counts = new Map<number, number>();
  const arrays = sharedArrays(dataSet);
  if (arrays === null) return [];
  for (const writer of Array.from(arrays.array('writer'))) {
    counts.set(writer, (counts.get(writer) ?? 0) + 1);
  }
  return [...counts]
    .toSorted(([a, manyA], [b, manyB]) => manyB - manyA || a - b)
    .slice(0, ranked)
    .map(([writer]) => writer);
}

/** Rows of writers that are nobody's user, from the `from`th on. */
function baseRows(from: number, count: number): number[] {
  const users = new Set(largestWriters());
  return indicesOf((writer) => !users.has(writer)).slice(from, from + count);
}

function indicesOf(wanted: (writer: number) => boolean): number[] {
  const writer = sharedArrays(dataSet)?.array('writer');
  if (writer === undefined) throw new Error(`writers: ${dataSet}.bin is not here`);
  return Array.from(writer).flatMap((id, row) => (wanted(id) ? [row] : []));
}

/** In 0..1. */
function rowsOf(rows: readonly number[]): LabelledSamples {
  const folder = sourceFolder('digits')!;
  const images = readIdxFile(join(folder, 'train-images-idx3-ubyte')).data;
  const labels = readIdxFile(join(folder, 'train-labels-idx1-ubyte')).data;
  const x = new Float32Array(rows.length * size);
  rows.forEach((row, index) => {
    for (let i = 0; i < size; i++) x[index * size + i] = images[row * size + i]! / 255;
  });
  return { x, y: Uint8Array.from(rows, (row) => labels[row]!) };
}

function convolution(name: string, input: number, channels: number, stride: 1 | 2): Node {
  return {
    name,
    operator: 'conv',
    attributes: {
      window: {
        kernel: [3, 3],
        stride: [stride, stride],
        dilation: [1, 1],
        pads: [1, 1, 1, 1],
      },
      outputChannels: channels,
      groups: 1,
      clamp: relu,
    },
    inputs: [input],
  };
}
