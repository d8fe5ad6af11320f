// A model that its publisher quantised already: the int8 weights and the scales stay as they are, and
// only what Onward defines otherwise is changed, without losing precision.
import type { Graph, LayerParameters, Model, Quantization } from '#runtime';
import { hiddenQuantization, InputError, isRecurrent } from '#runtime';

import type { FloatModel } from '../float/model.ts';
import type { ImportedQuantization } from '../onnx/imported-quantization.ts';
import type { QuantizeOptions } from './quantize.ts';
import { lookupsOf } from './quantize.ts';
import { roundHalfEven } from './round-half-even.ts';
import { endsInLogits } from './value-quantization.ts';

/** The arrays of `imported` are not copied, except where a number in them has to change. */
export function fromImported(
  model: FloatModel,
  imported: ImportedQuantization,
  { onNote = () => {} }: Pick<QuantizeOptions, 'onNote'> = {},
): Model {
  const { graph } = model;
  const quantization = importedValues(graph, imported.values);
  const layers = new Map<number, LayerParameters>();
  for (const [index, layer] of imported.layers) {
    const node = graph.nodes[index]!;
    const { name, inputs } = node;
    const [before, after] = [imported.values[inputs[0]!]!, quantization[inputs[0]!]!];
    const weights = symmetricWeights(layer.weights);
    if (weights !== layer.weights) onNote(`${name}: weights of -128 became -127`);
    // Of a recurrent layer, the second half is at the hidden state's scale.
    const ofInput = isRecurrent(node) ? layer.bias.length / 2 : layer.bias.length;
    const bias = rescaledBias(layer.bias, ofInput, Math.fround(before.scale) / after.scale);
    layers.set(index, { weights, bias, weightScales: layer.weightScales });
  }
  return { graph, quantization, layers, lookups: lookupsOf(model, quantization), weightLimit: 127 };
}

function importedValues(
  graph: Graph,
  values: readonly (Quantization | null)[],
): (Quantization | null)[] {
  const quantization: (Quantization | null)[] = [];
  const isLogits = (value: number): boolean => value === graph.nodes.length && endsInLogits(graph);
  for (let value = 0; value <= graph.nodes.length; value++) {
    const maker = graph.nodes[value - 1];
    if (isLogits(value)) {
      quantization.push(null);
    } else if (maker?.operator === 'maxPool') {
      quantization.push(quantization[maker.inputs[0]!]!);
    } else if (maker?.operator === 'recurrent') {
      quantization.push(hiddenQuantization);
    } else {
      quantization.push(checkedQuantization(maker?.name ?? 'input', values[value] ?? null));
    }
  }
  return quantization;
}

function checkedQuantization(name: string, found: Quantization | null): Quantization {
  if (found === null) throw new InputError(`${name}: expected a scale and a zero point, got none`);
  const { scale, zeroPoint } = found;
  const isByte = Number.isInteger(zeroPoint) && zeroPoint >= 0 && zeroPoint <= 255;
  // Far from float32's denormal numbers and from infinity, for products of scales too.
  if (!isByte || !(scale >= 2 ** -40 && scale <= 2 ** 40)) {
    throw new InputError(
      `${name}: expected a positive scale and a zero point in 0..255, got ${scale} and ${zeroPoint}`,
    );
  }
  return { scale: Math.fround(scale), zeroPoint };
}

/** -128 has no opposite, and updates clamp to +-127. */
function symmetricWeights(weights: Int8Array): Int8Array {
  return weights.includes(-128) ? weights.map((weight) => Math.max(-127, weight)) : weights;
}

function rescaledBias(bias: Int32Array, count: number, factor: number): Int32Array {
  return factor === 1 ? bias : bias.map((b, o) => (o < count ? roundHalfEven(b * factor) : b));
}
