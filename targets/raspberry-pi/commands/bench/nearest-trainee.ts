// The nearest of the examples shown so far, by what the head reads of them; no weight changes. Until
// something was shown, the model answers.
//
//   logit[c] = log(0.001 + sum over the k examples most similar to x, of class c, of (1 + cos(x, example)))
import { copyParameters, InputError, outputRows, sizeOf } from '#runtime';
import type { PackageContent } from '#runtime';

import { openOnnxRuntimeEngine } from '../../engine/onnx-runtime-engine.ts';
import { engineInput } from '../../teach.ts';
import type { Trainee } from './trainee.ts';

interface Example {
  /** Length 1. */
  readonly features: Float32Array;
  readonly label: number;
}

/** `content` has a plan that trains the head alone; `neighbours` is k. Throws InputError where the head is the whole model. */
export async function openNearest(content: PackageContent, neighbours: number): Promise<Trainee> {
  const { model, modules, plan } = content;
  const head = plan.rules.indexOf('exact');
  const zeroPoint = model.quantization[modules[head]?.from ?? 0]?.zeroPoint ?? 0;
  if (head === 0) throw new InputError('nearest: expected modules before the head, got none');
  const engine = await openOnnxRuntimeEngine(engineInput(content, copyParameters(model.layers)));
  const size = sizeOf(model.graph.inputShape);
  const rows = outputRows(content);
  const examples: Example[] = [];

  async function featuresOf(samples: Uint8Array): Promise<Float32Array[]> {
    const count = samples.length / size;
    const batch = engine.upload(samples, count);
    const activation = await engine.forward(0, head, batch);
    const values = await engine.download(activation);
    activation.dispose();
    batch.dispose();
    const length = values.length / count;
    return Array.from({ length: count }, (_, n) =>
      unitVector(values.subarray(n * length, (n + 1) * length), zeroPoint),
    );
  }

  return {
    rows,
    async learn(samples, labels) {
      for (const [n, features] of (await featuresOf(samples)).entries()) {
        examples.push({ features, label: labels[n] ?? 0 });
      }
    },
    async predict(samples) {
      const count = samples.length / size;
      if (examples.length === 0) return engine.predict(samples, count);
      const logits = new Float32Array(count * rows);
      for (const [n, features] of (await featuresOf(samples)).entries()) {
        logits.set(votes(features, examples, { neighbours, rows }), n * rows);
      }
      return logits;
    },
    [Symbol.asyncDispose]: () => engine[Symbol.asyncDispose](),
  };
}

function votes(
  features: Float32Array,
  examples: readonly Example[],
  { neighbours, rows }: { readonly neighbours: number; readonly rows: number },
): Float32Array {
  const similar = examples
    .map((example) => ({ label: example.label, cosine: dot(features, example.features) }))
    .toSorted((a, b) => b.cosine - a.cosine)
    .slice(0, neighbours);
  const logits = new Float32Array(rows);
  for (const { label, cosine } of similar) logits[label] = (logits[label] ?? 0) + 1 + cosine;
  return logits.map((score) => Math.log(0.001 + score));
}

function unitVector(values: Uint8Array, zeroPoint: number): Float32Array {
  const centred = Float32Array.from(values, (value) => value - zeroPoint);
  const norm = Math.sqrt(dot(centred, centred)) || 1;
  return centred.map((value) => value / norm);
}

function dot(a: Float32Array, b: Float32Array): number {
  return a.reduce((sum, value, index) => sum + value * (b[index] ?? 0), 0);
}
