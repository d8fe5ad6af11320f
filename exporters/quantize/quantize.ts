// A float model and the ranges of its values, made a quantised model.
import type { Graph, LookupParameters, Model, Quantization } from '#runtime';
import { InputError } from '#runtime';

import type { FloatModel } from '../float/model.ts';
import { checkFloatModel } from '../float/model.ts';
import { quantizeLayer } from './layer-parameters.ts';
import { lookupParameters } from './lookup-parameters.ts';
import type { Range } from './range.ts';
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
  const layers = new Map(
    [...parameters].map(([index, layer]) => {
      const { name, inputs } = graph.nodes[index]!;
      const inputScale = quantization[inputs[0]!]!.scale;
      const noteLayer = (note: string): void => onNote(`${name}: ${note}`);
      const options = { inputScale, weightLimit, onNote: noteLayer };
      return [index, quantizeLayer(layer, options)] as const;
    }),
  );
  return { graph, quantization, layers, lookups: lookupsOf(graph, quantization), weightLimit };
}

/** Tables of all lookup nodes, by node index. */
export function lookupsOf(
  graph: Graph,
  quantization: readonly (Quantization | null)[],
): Map<number, LookupParameters> {
  const lookups = new Map<number, LookupParameters>();
  for (const [index, node] of graph.nodes.entries()) {
    if (node.operator !== 'lookup') continue;
    const [input, output] = [quantization[node.inputs[0]!]!, quantization[index + 1]!];
    lookups.set(index, lookupParameters(node.attributes, input, output));
  }
  return lookups;
}
