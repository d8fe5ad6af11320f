// The rival: the same model in float32, trained by full backpropagation on ONNX Runtime with the same
// operators and the same session options, weights updated in place.
import { InferenceSession, Tensor } from 'onnxruntime-node';

import { floatBackprop, floatPredict } from '#exporters';
import type { FloatModel } from '#exporters';
import { inferShapes, sizeOf } from '#runtime';

import { detach } from '../targets/raspberry-pi/engine/detach.ts';
import type { PreparedImages, Trainee } from './personalize.ts';

/** Memory is given back after every run; one thread, as Onward's engine by default. */
export const floatSessionOptions: InferenceSession.SessionOptions = {
  executionProviders: ['cpu'],
  intraOpNumThreads: 1,
  interOpNumThreads: 1,
  enableCpuMemArena: false,
  enableMemPattern: false,
  logSeverityLevel: 3,
};

export class FloatNetwork implements Trainee {
  readonly classes: number;
  readonly sampleSize: number;
  readonly #model: FloatModel;
  readonly #learning: InferenceSession;
  readonly #predicting: InferenceSession;
  /** weights:<node> and bias:<node>, over arrays of this network's own. */
  readonly #parameters: Readonly<Record<string, Tensor>>;

  private constructor(model: FloatModel, learning: InferenceSession, predicting: InferenceSession) {
    this.#model = model;
    this.#learning = learning;
    this.#predicting = predicting;
    this.classes = inferShapes(model.graph).at(-1)![2];
    this.sampleSize = sizeOf(model.graph.inputShape);
    this.#parameters = parameterTensors(model);
  }

  /** Copies the model's weights. */
  static async open(model: FloatModel): Promise<FloatNetwork> {
    const [learning, predicting] = await Promise.all([
      InferenceSession.create(floatBackprop(model), floatSessionOptions),
      InferenceSession.create(floatPredict(model), floatSessionOptions),
    ]);
    return new FloatNetwork(model, learning, predicting);
  }

  prepare(x: Float32Array): PreparedImages {
    return x;
  }

  /** One step in place, each layer's clipped relative to its weights as Onward's are. */
  async learn(
    images: PreparedImages,
    targets: Float32Array,
    { rate, clip }: { readonly rate: number; readonly clip: number },
  ): Promise<void> {
    if (images instanceof Uint8Array) throw new TypeError('learn: expected float32 images');
    const batch = targets.length / this.classes;
    const fetches: Record<string, Tensor | null> = { gradientNorms: null };
    for (const [name, tensor] of Object.entries(this.#parameters))
      fetches[successor(name)] = tensor;
    const outputs = await this.#learning.run(
      {
        ...this.#parameters,
        x: this.#input(images, batch),
        targets: new Tensor('float32', targets, [batch, this.classes]),
        rates: new Tensor('float32', Float32Array.of(rate, clip, 1), [3]),
      },
      fetches,
    );
    detach(Object.values(outputs));
  }

  /** float32 [n, classes]. */
  async predict(x: Float32Array): Promise<Float32Array> {
    const outputs = await this.#predicting.run({
      ...this.#parameters,
      x: this.#input(x, x.length / this.sampleSize),
    });
    return outputs['logits']!.data as Float32Array;
  }

  /** Copies of the current weights, by node index. */
  parameters(): Map<number, { weights: Float32Array; bias: Float32Array }> {
    const copyOf = (name: string): Float32Array =>
      Float32Array.from(this.#parameters[name]!.data as Float32Array);
    return new Map(
      Array.from(this.#model.parameters.keys(), (node) => [
        node,
        { weights: copyOf(`weights:${node}`), bias: copyOf(`bias:${node}`) },
      ]),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#learning.release();
    await this.#predicting.release();
  }

  #input(x: Float32Array, batch: number): Tensor {
    return new Tensor('float32', x, [batch, ...this.#model.graph.inputShape]);
  }
}

/** weights:<node> and bias:<node>, copies. */
export function parameterTensors({ graph, parameters }: FloatModel): Record<string, Tensor> {
  const tensors: Record<string, Tensor> = {};
  for (const [node, { weights, bias }] of parameters) {
    const { operator } = graph.nodes[node]!;
    if (operator === 'embedding') continue; // built in: tables are not learned
    const isFlat = operator === 'recurrent';
    const dimensions = isFlat ? [weights.length] : [bias.length, weights.length / bias.length];
    tensors[`weights:${node}`] = tensorOf(weights, dimensions);
    tensors[`bias:${node}`] = tensorOf(bias, [bias.length]);
  }
  return tensors;
}

function tensorOf(values: ArrayLike<number>, dimensions: readonly number[]): Tensor {
  return new Tensor('float32', Float32Array.from(values), dimensions);
}

/** weights:3 -> newWeights:3 */
export function successor(name: string): string {
  return `new${name[0]!.toUpperCase()}${name.slice(1)}`;
}
