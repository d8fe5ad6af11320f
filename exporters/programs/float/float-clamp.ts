import type { Clamp } from '#runtime';

import type { ProgramGraph } from '../program-graph.ts';

/** y = min(maximum, max(minimum, z)) */
export function clampFloat(graph: ProgramGraph, value: string, clamp: Clamp | null): string {
  if (clamp === null) return value;
  if (clamp.minimum === 0 && clamp.maximum === Infinity) return graph.node('Relu', [value]);
  const limits = [clamp.minimum, clamp.maximum].map((limit) => graph.scalar('float32', limit));
  return graph.node('Clip', [value, ...limits]);
}

/** dz = dy where minimum < y < maximum, else 0 */
export function gateFloat(
  graph: ProgramGraph,
  { gradient, output }: { readonly gradient: string; readonly output: string },
  clamp: Clamp | null,
): string {
  if (clamp === null) return gradient;
  const bounds = [
    { operator: 'Greater', bound: clamp.minimum },
    { operator: 'Less', bound: clamp.maximum },
  ];
  return bounds
    .filter(({ bound }) => Number.isFinite(bound))
    .reduce((gated, { operator, bound }) => {
      const isOpen = graph.node(operator, [output, graph.scalar('float32', bound)]);
      return graph.multiply(gated, graph.cast(isOpen, 'float32'));
    }, gradient);
}
