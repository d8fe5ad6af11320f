// The package's model in float32, trained by full backpropagation. Its weights are the int8 ones times their
// scales, its samples the 8-bit ones times theirs.
import { dequantize } from '#exporters';
import type { FloatModel } from '#exporters';
import { inferShapes, isLayer, oneHot } from '#runtime';
import type { PackageContent } from '#runtime';

import { FloatNetwork } from './float-network.ts';
import type { Trainee } from './trainee.ts';

/** Steps are clipped in each layer relative to its weights, as those of a plan. */
export async function openFloat(content: PackageContent): Promise<Trainee> {
  const rows = content.labels.length;
  const network = await FloatNetwork.open(withoutSpareRows(dequantize(content.model), rows));
  const { scale, zeroPoint } = content.model.quantization[0] ?? { scale: 1, zeroPoint: 0 };
  const valuesOf = (samples: Uint8Array): Float32Array =>
    Float32Array.from(samples, (value) => scale * (value - zeroPoint));
  return {
    rows,
    learn: (samples, labels, rates) =>
      network.learn(valuesOf(samples), oneHot(labels, Array.from(labels.keys()), rows), rates),
    predict: (samples) => network.predict(valuesOf(samples)),
    [Symbol.asyncDispose]: () => network[Symbol.asyncDispose](),
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
