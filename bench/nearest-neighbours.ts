// k nearest neighbours on frozen features: what the head reads, of every example shown so far. Learning is a
// forward pass and a copy. Until something was shown, the base model answers.
import type { PackageContent } from '#runtime';
import { argmax, quantizeSamples, sizeOf } from '#runtime';

import { openNeighbours } from '../targets/raspberry-pi/commands/bench/neighbours.ts';
import type { Trainee } from './personalize.ts';

/** `content` is a package whose plan trains the head alone; features are the head's input. */
export async function openNearestNeighbours(
  content: PackageContent,
  count: number,
): Promise<Trainee> {
  const { model } = content;
  const neighbours = await openNeighbours(content, count);
  const classes = neighbours.rows;
  const format = {
    shape: model.graph.inputShape,
    quantization: model.quantization[0]!,
    description: { ...content.input, layout: 'nhwc' },
  } as const;
  return {
    classes,
    sampleSize: sizeOf(format.shape),
    prepare: (x) => quantizeSamples(x, format),
    async learn(images, targets) {
      if (images instanceof Float32Array) throw new TypeError('learn: expected prepared images');
      const labels = Array.from({ length: targets.length / classes }, (_, n) =>
        argmax(targets, n * classes, classes),
      );
      await neighbours.remember(images, labels);
    },
    async predict(x) {
      const samples = quantizeSamples(x, format);
      return (await neighbours.votes(samples)) ?? neighbours.answer(samples);
    },
    [Symbol.asyncDispose]: () => neighbours[Symbol.asyncDispose](),
  };
}
