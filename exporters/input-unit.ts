// The unit that a model's input is counted in. The gradient of a layer's weights grows with its input, and the weights
// shrink with it: with pixels of 0 to 255 the first layers take steps far too large beside all others.
//
//   W x = (u W) (x / u)        the step on u W is u times smaller, u^2 times relative to the weights
//
// u is a power of two, so that all products and roundings stay what they were, to the bit.
import type { Graph, LayerParameters, Quantization, ValueId } from '#runtime';
import { inferShapes, isLayer, isRecurrent, rowsOf } from '#runtime';

import type { ImportedModel } from './onnx/import-model.ts';
import type { ImportedQuantization } from './onnx/imported-quantization.ts';

/** No sample is divided by more: the scales of inputs beyond it stay far from the ends of float32. */
const largestUnit = 2 ** 20;

/**
 * The largest power of two not above the root mean square of `samples`, whatever their layout: divided by it they have
 * one between 1 and 2. 1 for smaller samples, from which the first layers do not learn too fast, and for models that
 * do more to their input than pool it before their first layers.
 */
export function inputUnit(graph: Graph, samples: ArrayLike<number>): number {
  if (readersOfInput(graph) === null) return 1;
  let squares = 0;
  for (let i = 0; i < samples.length; i++) squares += samples[i]! ** 2;
  const most = Math.min(largestUnit, Math.sqrt(squares / samples.length));
  let unit = 1;
  while (2 * unit <= most) unit *= 2;
  return unit;
}

/** The model for samples divided by `unit`, which is inputUnit's: it computes the same. What differs is a copy. */
export function inInputUnits(imported: ImportedModel, unit: number): ImportedModel {
  const readers = readersOfInput(imported.graph);
  if (unit === 1 || readers === null) return imported;
  const parameters = new Map(imported.parameters);
  for (const [node, { weights: count }] of readers.layers) {
    const { weights, bias } = parameters.get(node)!;
    parameters.set(node, { weights: weights.map((w, i) => (i < count ? w * unit : w)), bias });
  }
  const { quantized } = imported;
  return {
    ...imported,
    parameters,
    quantized: quantized && quantizedInUnits(quantized, readers, unit),
  };
}

function quantizedInUnits(
  imported: ImportedQuantization,
  readers: InputReaders,
  unit: number,
): ImportedQuantization {
  const layers = new Map<number, LayerParameters>(imported.layers);
  for (const [node, { rows }] of readers.layers) {
    const layer = layers.get(node)!;
    const weightScales = layer.weightScales.map((scale, o) => (o < rows ? scale * unit : scale));
    layers.set(node, { ...layer, weightScales });
  }
  const divided = (value: Quantization | null): Quantization | null =>
    value && { ...value, scale: value.scale / unit };
  const values = imported.values.map((value, id) =>
    readers.values.has(id) ? divided(value) : value,
  );
  return { values, layers };
}

interface InputReaders {
  /** The input, and what pools and concatenations make of nothing else. */
  readonly values: ReadonlySet<ValueId>;
  /** By node index: how many of a layer's weights, and rows of weights, multiply these values; they come first. */
  readonly layers: ReadonlyMap<number, { readonly weights: number; readonly rows: number }>;
}

/** Null where anything reads the input that does not give u times as much for u times the input. */
function readersOfInput(graph: Graph): InputReaders | null {
  const shapes = inferShapes(graph);
  const values = new Set<ValueId>([0]);
  const layers = new Map<number, { weights: number; rows: number }>();
  for (const [index, node] of graph.nodes.entries()) {
    if (!node.inputs.some((value) => values.has(value))) continue;
    const { operator } = node;
    if (isLayer(node)) {
      layers.set(index, { weights: Infinity, rows: Infinity });
    } else if (isRecurrent(node)) {
      const rows = rowsOf(node.attributes);
      layers.set(index, { weights: rows * shapes[node.inputs[0]!]![2], rows });
    } else if (operator === 'maxPool' || operator === 'averagePool' || operator === 'concat') {
      if (!node.inputs.every((value) => values.has(value))) return null;
      values.add(index + 1);
    } else {
      return null;
    }
  }
  return values.has(graph.nodes.length) ? null : { values, layers };
}
