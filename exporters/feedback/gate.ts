// How much of an error at a value passes through the node that made it: the weight of that error in
// the fit of a feedback, since what is shut off may be anything.
import type { Clamp, Graph, ValueId } from '#runtime';

import { activationOf } from '../float/activation.ts';
import type { FloatArray } from '../float/array.ts';
import type { FloatValues } from '../float/run.ts';

/**
 * f'(z)^2 at each element of the value, z what its node clamps or looks up: 1 or 0 for a clamp. Null where
 * everything passes. `values` must hold the value and what its node reads.
 */
export function gateWeights(graph: Graph, values: FloatValues, value: ValueId): FloatArray | null {
  const node = graph.nodes[value - 1];
  if (node?.operator === 'lookup') {
    const { slope } = activationOf(node.attributes);
    return values.get(node.inputs[0]!)!.map((x) => slope(x) ** 2);
  }
  const clamp = clampOf(graph, value);
  if (clamp === null) return null;
  const { minimum, maximum } = clamp;
  return values.get(value)!.map((y) => (y > minimum && y < maximum ? 1 : 0));
}

/** The clamp a value went through; a maximum that stands at a bound was at that bound before it. */
function clampOf(graph: Graph, value: ValueId): Clamp | null {
  const node = graph.nodes[value - 1];
  if (node === undefined) return null;
  if (node.operator === 'maxPool') return clampOf(graph, node.inputs[0]!);
  return 'clamp' in node.attributes ? node.attributes.clamp : null;
}
