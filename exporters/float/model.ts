// A model before quantisation: what an importer makes, and what calibration runs.
import type { Graph, Node, Shape } from '#runtime';
import { InputError, inferShapes, isLayer, rowsOf, sizeOf, weightShapeOf } from '#runtime';

import type { FloatArray, FloatParameters } from './array.ts';

export interface FloatModel {
  readonly graph: Graph;
  /** By node index, one per layer (conv, dense, recurrent) and embedding. */
  readonly parameters: ReadonlyMap<number, FloatParameters>;
}

/** Shape of every value; throws InputError where a layer's weights or bias do not fit the graph. */
export function checkFloatModel({ graph, parameters }: FloatModel): Shape[] {
  const shapes = inferShapes(graph);
  for (const [index, node] of graph.nodes.entries()) {
    const expected = parameterCounts(node, shapes[node.inputs[0]!]!);
    const found = parameters.get(index);
    if (expected === null) continue;
    if (found?.weights.length !== expected.weights || found.bias.length !== expected.bias) {
      throw new InputError(
        `${node.name}: expected ${expected.weights} weights and ${expected.bias} biases, ` +
          `got ${found?.weights.length ?? 0} and ${found?.bias.length ?? 0}`,
      );
    }
  }
  return shapes;
}

/** Lengths of a node's arrays, null where it has none. */
export function parameterCounts(
  node: Node,
  input: Shape,
): { readonly weights: number; readonly bias: number } | null {
  if (node.operator === 'embedding') return { weights: 256 * node.attributes.size, bias: 0 };
  if (node.operator === 'recurrent') {
    const rows = rowsOf(node.attributes);
    return { weights: rows * (input[2] + node.attributes.hiddenSize), bias: 2 * rows };
  }
  if (!isLayer(node)) return null;
  const shape = weightShapeOf(node, input);
  return { weights: shape.reduce((product, extent) => product * extent, 1), bias: shape[0]! };
}

/** Samples in `data`, which must hold a whole number of them. */
export function batchOf(data: FloatArray, shape: Shape): number {
  const batch = data.length / sizeOf(shape);
  if (batch < 1 || !Number.isInteger(batch)) {
    throw new InputError(
      `expected a multiple of ${sizeOf(shape)} numbers (${shape.join('x')} a sample), got ${data.length}`,
    );
  }
  return batch;
}
