// The package's model in float32, trained by full backpropagation on ONNX Runtime, weights updated in
// place. Its weights are the int8 ones times their scales, its samples the 8-bit ones times theirs.
import { InferenceSession, Tensor } from 'onnxruntime-node';

import { dequantize, floatBackprop, floatPredict } from '#exporters';
import type { FloatModel } from '#exporters';
import { inferShapes, isLayer, oneHot, sizeOf } from '#runtime';
import type { PackageContent } from '#runtime';

import { detach } from '../../engine/detach.ts';
import type { Trainee } from './trainee.ts';

// Memory is given back after every run; one thread, as the package's own engine.
const sessionOptions: InferenceSession.SessionOptions = {
  executionProviders: ['cpu'],
  intraOpNumThreads: 1,
  interOpNumThreads: 1,
  enableCpuMemArena: false,
  enableMemPattern: false,
  logSeverityLevel: 3,
};

/** Steps are clipped in each layer relative to its weights, as those of a plan. */
export async function openFloat(content: PackageContent): Promise<Trainee> {
  const rows = content.labels.length;
  const model = withoutSpareRows(dequantize(content.model), rows);
  const [learning, predicting] = await Promise.all([
    InferenceSession.create(floatBackprop(model), sessionOptions),
    InferenceSession.create(floatPredict(model), sessionOptions),
  ]);
  const parameters = parameterTensors(model);
  const { scale, zeroPoint } = content.model.quantization[0] ?? { scale: 1, zeroPoint: 0 };
  const size = sizeOf(model.graph.inputShape);
  const inputOf = (samples: Uint8Array): Tensor => {
    const values = Float32Array.from(samples, (value) => scale * (value - zeroPoint));
    return new Tensor('float32', values, [samples.length / size, ...model.graph.inputShape]);
  };
  return {
    rows,
    async learn(samples, labels, { rate, clip }) {
      const fetches: Record<string, Tensor | null> = { gradientNorms: null };
      for (const [name, tensor] of Object.entries(parameters)) fetches[successor(name)] = tensor;
      const targets = oneHot(labels, Array.from(labels.keys()), rows);
      const feeds = {
        ...parameters,
        x: inputOf(samples),
        targets: new Tensor('float32', targets, [labels.length, rows]),
        rates: new Tensor('float32', Float32Array.of(rate, clip, 1), [3]),
      };
      detach(Object.values(await learning.run(feeds, fetches)));
    },
    async predict(samples) {
      const { logits } = await predicting.run({ ...parameters, x: inputOf(samples) });
      return (logits?.data ?? new Float32Array(0)) as Float32Array;
    },
    async [Symbol.asyncDispose]() {
      await learning.release();
      await predicting.release();
    },
  };
}

/** Rows that wait for a class have biases too low for float32's gradients to mean anything. */
function withoutSpareRows({ graph, parameters }: FloatModel, rows: number): FloatModel {
  const index = graph.nodes.length - 1;
  const [head, layer] = [graph.nodes[index], parameters.get(index)];
  const all = inferShapes(graph).at(-1)?.[2];
  if (rows === all || !layer || !head || !isLayer(head)) return { graph, parameters };
  const fan = layer.weights.length / layer.bias.length;
  const own = { weights: layer.weights.slice(0, rows * fan), bias: layer.bias.slice(0, rows) };
  const node = { ...head, attributes: { ...head.attributes, outputChannels: rows } } as typeof head;
  return {
    graph: { ...graph, nodes: graph.nodes.with(index, node) },
    parameters: new Map([...parameters, [index, own]]),
  };
}

/** weights:<node> and bias:<node>, over arrays that the program writes to. */
function parameterTensors({ graph, parameters }: FloatModel): Record<string, Tensor> {
  const tensors: Record<string, Tensor> = {};
  for (const [index, { weights, bias }] of parameters) {
    const operator = graph.nodes[index]?.operator;
    if (operator === 'embedding') continue; // built in: tables are not learned
    const isFlat = operator === 'recurrent';
    const shape = isFlat ? [weights.length] : [bias.length, weights.length / bias.length];
    tensors[`weights:${index}`] = new Tensor('float32', Float32Array.from(weights), shape);
    tensors[`bias:${index}`] = new Tensor('float32', Float32Array.from(bias), [bias.length]);
  }
  return tensors;
}

/** weights:3 -> newWeights:3 */
function successor(name: string): string {
  return `new${name.charAt(0).toUpperCase()}${name.slice(1)}`;
}
