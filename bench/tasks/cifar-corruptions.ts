// A camera's images: a published int8 ResNet-8 for CIFAR-10, and devices whose pictures are noisy,
// blurred, faded or compressed. A user is one corruption at one severity.
import { importModel } from '#exporters';
import { shuffled } from '#runtime';

import { cifarImages } from './cifar.ts';
import type { Images } from './cifar.ts';
import { corrupted, corruptionNames } from './corruptions.ts';
import type { CorruptionName } from './corruptions.ts';
import { sharedFile } from './shared-file.ts';
import type { LabelledSamples, Owner, Task } from './task.ts';

const modelFile = 'resnet8_cifar10_int8_qdq.onnx';
const size = 32 * 32 * 3;
const [samples, testSamples, originalSamples] = [128, 500, 300];

function usersOf(severities: readonly number[]): string[] {
  return severities.flatMap((severity) => corruptionNames.map((name) => `${name} ${severity}`));
}

export const cifarCorruptions: Task = {
  name: 'cifar-corruptions',
  title: 'A camera’s images: noise, blur, contrast, JPEG',
  describes:
    'Base model: the publisher’s int8 ResNet-8 for CIFAR-10 (77,360 weights, 87 % on plain images). A user is one ' +
    'corruption at one severity: 3 and 5 of five are reported, 4 was tuned on. Learned from: 128 of the 2000 test ' +
    'images, corrupted; tested on 500 others; forgetting on 300 plain ones that are neither.',
  tuningUsers: usersOf([4]),
  users: usersOf([5, 3]),
  quickUsers: 0,
  batchSize: 4,
  epochs: 8,
  missing: () =>
    sharedFile(modelFile) && sharedFile('cifar10-sub.bin')
      ? null
      : `${modelFile} and cifar10-sub.bin are not here`,
  baseModel: () => ({
    key: 'resnet8',
    // cifarImages gives channels last, whatever the file wants.
    imported: { ...importModel(present(sharedFile(modelFile))), inputLayout: 'nhwc' },
    calibration: () => {
      const { x, y } = present(cifarImages('train', 300));
      return { x: Float32Array.from(x), y };
    },
  }),
  data: ownerData,
};

function ownerData({ user, seed }: Owner): ReturnType<Task['data']> {
  const [name, severity] = user.split(' ') as [CorruptionName, string];
  const images = present(cifarImages('test', 2000));
  const order = shuffled([...images.y.keys()], seed);
  const see = (image: Uint8Array, key: number): Uint8Array =>
    corrupted({ data: image, height: 32, width: 32 }, name, Number(severity), (counter) =>
      uniform(key * size * 4 + counter),
    );
  const cut = samples + testSamples;
  return {
    train: picked(images, order.slice(0, samples), see),
    test: picked(images, order.slice(samples, cut), see),
    original: picked(images, order.slice(cut, cut + originalSamples), (image) => image),
  };
}

function picked(
  { x, y }: Images,
  rows: readonly number[],
  see: (image: Uint8Array, row: number) => Uint8Array,
): LabelledSamples {
  const seen = new Float32Array(rows.length * size);
  rows.forEach((row, index) =>
    seen.set(see(x.subarray(row * size, (row + 1) * size), row), index * size),
  );
  return { x: seen, y: Uint8Array.from(rows, (row) => y[row]!) };
}

/** The finalizer of MurmurHash3 as a number in 0..1. */
function uniform(counter: number): number {
  let hash = Math.imul(counter + 1, 0x9e3779b9);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32;
}

function present<Value>(value: Value | null): Value {
  if (value === null) throw new Error(`cifar-corruptions: ${cifarCorruptions.missing()}`);
  return value;
}
