// A model in float32, trained by full backpropagation on ONNX Runtime with the same operators and the same
// session options as the package's own engine, weights updated in place.
import { InferenceSession, Tensor } from 'onnxruntime-node';

import { floatBackprop, floatPredict } from '#exporters';
import type { FloatModel } from '#exporters';
import { inferShapes, sizeOf } from '#runtime';
import type { StepRates } from '#runtime';

import { detach } from '../../engine/detach.ts';

/** Memory is given back after every run; one thread, as the package's own engine by default. */
export const floatSessionOptions: InferenceSession.SessionOptions = {
  executionProviders: ['cpu'],
  intraOpNumThreads: 1,
  interOpNumThreads: 1,
  enableCpuMemArena: false,
  enableMemPattern: false,
  logSeverityLevel: 3,
};

export class FloatNetwork {
  readonly classes: number;
  /** Values of one sample. */
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
    this.classes = inferShapes(model.graph).at(-1)?.[2] ?? 0;
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

  /**
   * One step in place on float32 samples [n, height, width, channels] and targets [n, classes]; each layer's step is
   * clipped relative to its weights, as those of a plan.
   */
  async learn(
    samples: Float32Array,
    targets: Float32Array,
    { rate, clip }: Pick<StepRates, 'rate' | 'clip'>,
  ): Promise<void> {
    const batch = targets.length / this.classes;
    const fetches: Record<string, Tensor | null> = { gradientNorms: null };
    for (const [name, tensor] of Object.entries(this.#parameters))
      fetches[successor(name)] = tensor;
    const outputs = await this.#learning.run(
      {
        ...this.#parameters,
        x: this.#input(samples, batch),
        targets: new Tensor('float32', targets, [batch, this.classes]),
        rates: new Tensor('float32', Float32Array.of(rate, clip, 1), [3]),
      },
      fetches,
    );
    detach(Object.values(outputs));
  }

  /** float32 [n, classes]. */
  async predict(x: Float32Array): Promise<Float32Array> {
    const { logits } = await this.#predicting.run({
      ...this.#parameters,
      x: this.#input(x, x.length / this.sampleSize),
    });
    return (logits?.data ?? new Float32Array(0)) as Float32Array;
  }

  /** Copies of the current weights, by node index. */
  parameters(): Map<number, { weights: Float32Array; bias: Float32Array }> {
    const copyOf = (name: string, given: ArrayLike<number>): Float32Array =>
      Float32Array.from((this.#parameters[name]?.data ?? given) as Float32Array);
    return new Map(
      Array.from(this.#model.parameters, ([node, { weights, bias }]) => [
        node,
        { weights: copyOf(`weights:${node}`, weights), bias: copyOf(`bias:${node}`, bias) },
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

/** weights:<node> and bias:<node>, copies, over arrays that the program writes to. */
export function parameterTensors({ graph, parameters }: FloatModel): Record<string, Tensor> {
  const tensors: Record<string, Tensor> = {};
  for (const [node, { weights, bias }] of parameters) {
    const operator = graph.nodes[node]?.operator;
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
  return `new${name.charAt(0).toUpperCase()}${name.slice(1)}`;
}
