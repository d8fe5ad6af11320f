// Examples shown so far, by what the head reads of them, and how a new one's nearest neighbours vote.
//
//   vote[c] = sum over the k examples most similar to x, of class c, of (1 + cos(x, example))
import { copyParameters, InputError, outputRows, sizeOf } from '#runtime';
import type { PackageContent } from '#runtime';

import { openOnnxRuntimeEngine } from '../../engine/onnx-runtime-engine.ts';
import { engineInput } from '../../teach.ts';

/** Samples are uint8 [n, height, width, channels], quantised as the package's input. */
export interface Neighbours extends AsyncDisposable {
  /** Classes, spare ones included. */
  readonly rows: number;
  /** A class index each. */
  remember(samples: Uint8Array, labels: readonly number[]): Promise<void>;
  /** float32 [n, rows]; null while nothing was shown. */
  votes(samples: Uint8Array): Promise<Float32Array | null>;
  /** The model's own logits, float32 [n, rows]. */
  answer(samples: Uint8Array): Promise<Float32Array>;
}

interface Example {
  /** Centred on the quantisation's zero point, length 1. */
  readonly features: Float32Array;
  readonly label: number;
}

/** `content` has a plan that trains the head alone; `count` is k. Throws InputError where the head is the whole model. */
export async function openNeighbours(content: PackageContent, count: number): Promise<Neighbours> {
  const { model, modules, plan } = content;
  const head = plan.rules.indexOf('exact');
  const zeroPoint = model.quantization[modules[head]?.from ?? 0]?.zeroPoint ?? 0;
  if (head === 0) throw new InputError('nearest: expected modules before the head, got none');
  const engine = await openOnnxRuntimeEngine(engineInput(content, copyParameters(model.layers)));
  const size = sizeOf(model.graph.inputShape);
  const rows = outputRows(content);
  const examples: Example[] = [];

  async function featuresOf(samples: Uint8Array): Promise<Float32Array[]> {
    const batch = samples.length / size;
    const uploaded = engine.upload(samples, batch);
    const activation = await engine.forward(0, head, uploaded);
    const values = await engine.download(activation);
    activation.dispose();
    uploaded.dispose();
    const length = values.length / batch;
    return Array.from({ length: batch }, (_, n) =>
      unitVector(values.subarray(n * length, (n + 1) * length), zeroPoint),
    );
  }

  return {
    rows,
    async remember(samples, labels) {
      for (const [n, features] of (await featuresOf(samples)).entries()) {
        examples.push({ features, label: labels[n] ?? 0 });
      }
    },
    async votes(samples) {
      if (examples.length === 0) return null;
      const all = await featuresOf(samples);
      const result = new Float32Array(all.length * rows);
      for (const [n, features] of all.entries()) {
        addVotes(result.subarray(n * rows, (n + 1) * rows), nearest(features, examples, count));
      }
      return result;
    },
    answer: (samples) => engine.predict(samples, samples.length / size),
    [Symbol.asyncDispose]: () => engine[Symbol.asyncDispose](),
  };
}

interface Neighbour {
  readonly label: number;
  readonly cosine: number;
}

/** The most similar first. */
function nearest(
  features: Float32Array,
  examples: readonly Example[],
  count: number,
): readonly Neighbour[] {
  return examples
    .map((example) => ({ label: example.label, cosine: dot(features, example.features) }))
    .toSorted((a, b) => b.cosine - a.cosine)
    .slice(0, count);
}

function addVotes(votes: Float32Array, neighbours: readonly Neighbour[]): void {
  for (const { label, cosine } of neighbours) votes[label] = (votes[label] ?? 0) + (1 + cosine);
}

function unitVector(values: Uint8Array, zeroPoint: number): Float32Array {
  const centred = Float32Array.from(values, (value) => value - zeroPoint);
  const norm = Math.sqrt(dot(centred, centred)) || 1;
  return centred.map((value) => value / norm);
}

function dot(a: Float32Array, b: Float32Array): number {
  return a.reduce((sum, value, index) => sum + value * (b[index] ?? 0), 0);
}
