import type { LayerParameters, Model } from '#runtime';
import { hiddenQuantization, inferShapes, isRecurrent, linearMaps } from '#runtime';

import type { FloatParameters } from '../float/array.ts';
import { joinFloats } from '../float/join-floats.ts';
import type { FloatModel } from '../float/model.ts';

/** The float model whose weights are exactly the quantised ones: to calibrate feedback for it, and to compare. */
export function dequantize({ graph, quantization, layers, lookups }: Model): FloatModel {
  const shapes = inferShapes(graph);
  const parameters = new Map<number, FloatParameters>();
  for (const [index, layer] of layers) {
    const node = graph.nodes[index]!;
    const [value] = node.inputs;
    const { scale } = quantization[value!]!;
    if (!isRecurrent(node)) {
      parameters.set(index, realLayer(layer, scale));
      continue;
    }
    const { input, hidden } = linearMaps(layer, node.attributes, shapes[value!]![2]);
    const maps = [realLayer(input, scale), realLayer(hidden, hiddenQuantization.scale)] as const;
    parameters.set(index, {
      weights: joinFloats(maps[0].weights, maps[1].weights),
      bias: joinFloats(maps[0].bias, maps[1].bias),
    });
  }
  for (const [index, { table }] of lookups) {
    if (graph.nodes[index]!.operator !== 'embedding') continue;
    const { scale, zeroPoint } = quantization[index + 1]!;
    const weights = Float32Array.from(table, (q) => scale * (q - zeroPoint));
    parameters.set(index, { weights, bias: new Float32Array(0) });
  }
  return { graph, parameters };
}

function realLayer({ weights, bias, weightScales }: LayerParameters, inputScale: number) {
  const fan = weights.length / bias.length;
  return {
    weights: Float32Array.from(weights, (w, i) => w * weightScales[Math.floor(i / fan)]!),
    bias: Float32Array.from(bias, (b, o) => b * inputScale * weightScales[o]!),
  };
}
