import type { Model } from '#runtime';

import type { FloatParameters } from '../float/array.ts';
import type { FloatModel } from '../float/model.ts';

/** The float model whose weights are exactly the quantised ones: to calibrate feedback for it, and to compare. */
export function dequantize({ graph, quantization, layers }: Model): FloatModel {
  const parameters = new Map<number, FloatParameters>();
  for (const [index, { weights, bias, weightScales }] of layers) {
    const inputScale = quantization[graph.nodes[index]!.inputs[0]!]!.scale;
    const fan = weights.length / bias.length;
    parameters.set(index, {
      weights: Float32Array.from(weights, (w, i) => w * weightScales[Math.floor(i / fan)]!),
      bias: Float32Array.from(bias, (b, o) => b * inputScale * weightScales[o]!),
    });
  }
  return { graph, parameters };
}
