// k nearest neighbours on frozen features: what the head reads, of every example shown so far. Learning is a
// forward pass and a copy. Until something was shown, the base model answers.
//
//   score[c] = sum over the k examples most similar to x, of class c, of (1 + cos(x, example))
import type { PackageContent } from '#runtime';
import { argmax, copyParameters, quantizeSamples, sizeOf } from '#runtime';

import { openOnnxRuntimeEngine } from '../targets/raspberry-pi/engine/onnx-runtime-engine.ts';
import { engineInput } from '../targets/raspberry-pi/teach.ts';
import type { Trainee } from './personalize.ts';

interface Example {
  /** Centred on the quantisation's zero point, length 1. */
  readonly features: Float32Array;
  readonly label: number;
}

/** `content` is a package whose plan trains the head alone; features are the head's input. */
export async function openNearestNeighbours(
  content: PackageContent,
  neighbours: number,
): Promise<Trainee> {
  const { model, modules, plan, labels } = content;
  const engine = await openOnnxRuntimeEngine(engineInput(content, copyParameters(model.layers)));
  const head = plan.rules.indexOf('exact');
  const zeroPoint = model.quantization[modules[head]!.from]!.zeroPoint;
  const format = {
    shape: model.graph.inputShape,
    quantization: model.quantization[0]!,
    description: { ...content.input, layout: 'nhwc' },
  } as const;
  const sampleSize = sizeOf(format.shape);
  const examples: Example[] = [];

  async function featuresOf(samples: Uint8Array): Promise<Float32Array[]> {
    const batch = samples.length / sampleSize;
    const uploaded = engine.upload(samples, batch);
    const activation = await engine.forward(0, head, uploaded);
    const values = await engine.download(activation);
    activation.dispose();
    uploaded.dispose();
    const size = values.length / batch;
    return Array.from({ length: batch }, (_, n) =>
      unitVector(values.subarray(n * size, (n + 1) * size), zeroPoint),
    );
  }

  return {
    classes: labels.length,
    sampleSize,
    prepare: (x) => quantizeSamples(x, format),
    async learn(images, targets) {
      if (images instanceof Float32Array) throw new TypeError('learn: expected prepared images');
      for (const [n, features] of (await featuresOf(images)).entries()) {
        examples.push({ features, label: argmax(targets, n * labels.length, labels.length) });
      }
    },
    async predict(x) {
      const samples = quantizeSamples(x, format);
      if (examples.length === 0) return engine.predict(samples, samples.length / sampleSize);
      const rows = await featuresOf(samples);
      return concatenated(
        rows.map((row) => scores(row, examples, { neighbours, classes: labels.length })),
      );
    },
    [Symbol.asyncDispose]: () => engine[Symbol.asyncDispose](),
  };
}

function scores(
  features: Float32Array,
  examples: readonly Example[],
  { neighbours, classes }: { neighbours: number; classes: number },
): Float32Array {
  const similar = examples
    .map((example) => ({ label: example.label, cosine: dot(features, example.features) }))
    .toSorted((a, b) => b.cosine - a.cosine);
  const result = new Float32Array(classes);
  for (const { label, cosine } of similar.slice(0, neighbours)) result[label]! += 1 + cosine;
  return result;
}

function unitVector(values: Uint8Array, zeroPoint: number): Float32Array {
  const centred = Float32Array.from(values, (value) => value - zeroPoint);
  const norm = Math.sqrt(dot(centred, centred)) || 1;
  return centred.map((value) => value / norm);
}

function dot(a: Float32Array, b: Float32Array): number {
  return a.reduce((sum, value, index) => sum + value * b[index]!, 0);
}

function concatenated(rows: readonly Float32Array[]): Float32Array {
  const size = rows[0]!.length;
  const result = new Float32Array(rows.length * size);
  rows.forEach((row, index) => result.set(row, index * size));
  return result;
}
