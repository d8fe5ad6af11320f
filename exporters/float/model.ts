// A model before quantisation: what an importer makes, and what calibration runs.
import type { Graph, Shape } from '#runtime';
import { InputError, inferShapes, isLayer, sizeOf, weightShapeOf } from '#runtime';

import type { FloatArray, FloatParameters } from './array.ts';

export interface FloatModel {
  readonly graph: Graph;
  /** By node index, one per layer (conv, dense). */
  readonly parameters: ReadonlyMap<number, FloatParameters>;
}

/** Shape of every value; throws InputError where a layer's weights or bias do not fit the graph. */
export function checkFloatModel({ graph, parameters }: FloatModel): Shape[] {
  const shapes = inferShapes(graph);
  for (const [index, node] of graph.nodes.entries()) {
    if (!isLayer(node)) continue;
    const shape = weightShapeOf(node, shapes[node.inputs[0]!]!);
    const expected = shape.reduce((product, extent) => product * extent, 1);
    const found = parameters.get(index);
    if (found?.weights.length !== expected || found.bias.length !== shape[0]) {
      throw new InputError(
        `${node.name}: expected ${expected} weights and ${shape[0]} biases, ` +
          `got ${found?.weights.length ?? 0} and ${found?.bias.length ?? 0}`,
      );
    }
  }
  return shapes;
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
