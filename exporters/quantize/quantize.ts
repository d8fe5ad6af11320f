// A float model and the ranges of its values, made a quantised model.
import type {
  LayerParameters,
  LookupParameters,
  Model,
  Quantization,
  RecurrentNode,
} from '#runtime';
import { hiddenQuantization, InputError, inferShapes, isRecurrent, isTrainable } from '#runtime';

import type { FloatParameters } from '../float/array.ts';
import type { FloatModel } from '../float/model.ts';
import { checkFloatModel } from '../float/model.ts';
import { floatMaps } from '../float/recurrent/maps.ts';
import { joinMaps } from './join-maps.ts';
import { quantizeLayer } from './layer-parameters.ts';
import type { LayerOptions } from './layer-parameters.ts';
import { lookupParameters } from './lookup-parameters.ts';
import type { Range } from './range.ts';
import { roundHalfEven } from './round-half-even.ts';
import { quantizeValues } from './value-quantization.ts';

export interface QuantizeOptions {
  /** 64, the default, is exact on every CPU; 127 where all targets are known to have wide products. */
  readonly weightLimit?: 64 | 127;
  /** Told, in words, what could not be kept as precise as the rest. */
  readonly onNote?: (note: string) => void;
}

/** `ranges` are by ValueId, as `observeRanges` makes them. */
export function quantize(
  model: FloatModel,
  ranges: readonly Range[],
  { weightLimit = 64, onNote = () => {} }: QuantizeOptions = {},
): Model {
  const { graph, parameters } = model;
  const values = checkFloatModel(model).length;
  if (ranges.length !== values) {
    throw new InputError(`quantize: expected ${values} ranges, got ${ranges.length}`);
  }
  const quantization = quantizeValues(graph, ranges);
  const shapes = inferShapes(graph);
  const layers = new Map<number, LayerParameters>();
  for (const [index, layer] of parameters) {
    const node = graph.nodes[index]!;
    if (!isTrainable(node)) continue;
    const [value] = node.inputs;
    const options = {
      inputScale: quantization[value!]!.scale,
      weightLimit,
      onNote: (note: string): void => onNote(`${node.name}: ${note}`),
    };
    layers.set(
      index,
      isRecurrent(node)
        ? quantizeRecurrent(layer, node.attributes, { ...options, features: shapes[value!]![2] })
        : quantizeLayer(layer, options),
    );
  }
  const lookups = lookupsOf(model, quantization);
  return { graph, quantization, layers, lookups, weightLimit };
}

/** Each linear map by itself: W on the input, U on the hidden state at its fixed scale. */
function quantizeRecurrent(
  parameters: FloatParameters,
  attributes: RecurrentNode['attributes'],
  { features, ...options }: LayerOptions & { readonly features: number },
): LayerParameters {
  const { input, hidden } = floatMaps(parameters, attributes, features);
  return joinMaps(
    quantizeLayer(input, options),
    quantizeLayer(hidden, { ...options, inputScale: hiddenQuantization.scale }),
  );
}

/** Tables of all lookup and embedding nodes, by node index. */
export function lookupsOf(
  { graph, parameters }: FloatModel,
  quantization: readonly (Quantization | null)[],
): Map<number, LookupParameters> {
  const lookups = new Map<number, LookupParameters>();
  for (const [index, node] of graph.nodes.entries()) {
    const output = quantization[index + 1]!;
    if (node.operator === 'embedding') {
      const table = quantizeNumbers(parameters.get(index)!.weights, output);
      lookups.set(index, { table, slope: new Float32Array(0) });
    }
    if (node.operator !== 'lookup') continue;
    lookups.set(index, lookupParameters(node.attributes, quantization[node.inputs[0]!]!, output));
  }
  return lookups;
}

function quantizeNumbers(
  numbers: ArrayLike<number>,
  { scale, zeroPoint }: Quantization,
): Uint8Array {
  return Uint8Array.from(numbers, (number) =>
    Math.max(0, Math.min(255, roundHalfEven(number / scale) + zeroPoint)),
  );
}
