import { inferShapes, isLayer, weightShapeOf } from '#runtime';
import type { Graph, Layer } from '#runtime';

interface SizedLayer {
  readonly index: number;
  readonly node: Layer;
  readonly rows: number;
  /** Weights of a row. */
  readonly fan: number;
}

/** What `make` gives for each conv and dense layer, in order, by node index. */
export function layerParameters<Made>(
  graph: Graph,
  make: (layer: SizedLayer) => Made,
): Map<number, Made> {
  const shapes = inferShapes(graph);
  const parameters = new Map<number, Made>();
  for (const [index, node] of graph.nodes.entries()) {
    if (!isLayer(node)) continue;
    const [rows, ...row] = weightShapeOf(node, shapes[node.inputs[0]!]!);
    const fan = row.reduce((product, extent) => product * extent, 1);
    parameters.set(index, make({ index, node, rows: rows!, fan }));
  }
  return parameters;
}
