// Output rows for classes to come. A spare row has no weights and a bias so low that its softmax is
// exactly 0: it has no error, so learning leaves it as it is until a class is imprinted on it.
import { InputError, isLayer } from '#runtime';
import type { Layer, LayerParameters, Model } from '#runtime';

import type { FloatModel } from './float/model.ts';

export interface SpareClasses {
  readonly float: FloatModel;
  readonly model: Model;
}

/** In steps of the quantised bias: half the int32 range, the other half is for the sum of products. */
const closedBias = -(2 ** 30);
/** Nats below the best row from which docs/numerics.md gives a probability of 0. */
const silence = 16;

/**
 * The same two models with `count` more rows at the end of their last layer. Weight scales of spare
 * rows are the largest of the others. Throws InputError where the last layer cannot have more rows.
 */
export function addSpareClasses({ float, model }: SpareClasses, count: number): SpareClasses {
  if (count === 0) return { float, model };
  const index = model.graph.nodes.length - 1;
  const head = model.graph.nodes[index]!;
  if (!canGrow(head)) {
    throw new InputError(
      `spareClasses: expected a model that ends in a dense layer or an ungrouped convolution, got ${head.name} (${head.operator}); export with 0`,
    );
  }
  const { outputChannels } = head.attributes;
  const grown = {
    ...head,
    attributes: { ...head.attributes, outputChannels: outputChannels + count },
  };
  const graph = { ...model.graph, nodes: model.graph.nodes.with(index, grown as Layer) };
  const layer = model.layers.get(index)!;
  const inputScale = model.quantization[head.inputs[0]!]!.scale;
  const scale = spareScale(layer, inputScale);
  const { weights, bias, weightScales } = layer;
  const fan = weights.length / bias.length;
  const spare = {
    weights: Int8Array.from({ length: weights.length + count * fan }, (_, i) => weights[i] ?? 0),
    bias: Int32Array.from({ length: bias.length + count }, (_, o) => bias[o] ?? closedBias),
    weightScales: Float32Array.from(
      { length: bias.length + count },
      (_, o) => weightScales[o] ?? scale,
    ),
  };
  const own = float.parameters.get(index)!;
  const floatSpare = {
    weights: Float32Array.from(spare.weights, (_, i) => own.weights[i] ?? 0),
    bias: Float32Array.from(spare.bias, (_, o) => own.bias[o] ?? closedBias * inputScale * scale),
  };
  return {
    float: { graph, parameters: new Map([...float.parameters, [index, floatSpare]]) },
    model: { ...model, graph, layers: new Map([...model.layers, [index, spare]]) },
  };
}

/** Whether the last layer can have more rows: not so where each row reads channels of its own. */
export function canGrow(head: Model['graph']['nodes'][number]): head is Layer {
  return isLayer(head) && (head.operator === 'dense' || head.attributes.groups === 1);
}

// The largest row's, or more where the lowest bias were not low enough for any input.
function spareScale({ weights, bias, weightScales }: LayerParameters, inputScale: number): number {
  const fan = weights.length / bias.length;
  let lowest = -Infinity; // of the row that can never be lower
  for (const [o, b] of bias.entries()) {
    let sum = 0;
    for (let i = o * fan; i < (o + 1) * fan; i++) sum += Math.abs(weights[i]!);
    lowest = Math.max(lowest, inputScale * weightScales[o]! * (b - 255 * sum));
  }
  const margin = 4; // for what learning may change
  const needed = (margin * (silence - Math.min(0, lowest))) / (-closedBias * inputScale);
  return Math.fround(Math.max(needed, ...weightScales));
}
