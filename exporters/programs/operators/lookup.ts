import type { LookupParameters } from '#runtime';

import type { ProgramGraph } from '../program-graph.ts';
import type { Site } from '../site.ts';
import type { OperatorProgram } from './operator-program.ts';

// y = table[x];  dx = f32(dy * slope[x])
export const lookup: OperatorProgram<'lookup'> = {
  saves: ['inputs'],
  forward(graph, site, [x]) {
    const { table } = tablesOf(site);
    const values = graph.constant(`table:${site.index}`, table, [256]);
    return lookUp(graph, site, { table: values, index: x! });
  },

  backward(graph, site, { inputs: [x], gradient, wanted }) {
    if (!wanted[0]!) return [null];
    const { slope } = tablesOf(site);
    const slopes = graph.constant(`slope:${site.index}`, slope, [256]);
    const factors = lookUp(graph, site, { table: slopes, index: x! });
    return [graph.multiply(gradient, factors)];
  },
};

// GatherElements of a flat index: Gather copies element by element and takes several times as long. The index is cast
// from a view, or ONNX Runtime would hold the forward's indices, four bytes each, for the backward's use.
function lookUp(
  graph: ProgramGraph,
  { outputShape }: Site<'lookup'>,
  { table, index }: { readonly table: string; readonly index: string },
): string {
  const flat = graph.cast(graph.reshape(index, [-1]), 'int32');
  return graph.reshape(graph.node('GatherElements', [table, flat]), [-1, ...outputShape]);
}

function tablesOf({ name, lookup: tables }: Site<'lookup'>): LookupParameters {
  if (tables !== null) return tables;
  throw new TypeError(`${name}: expected a lookup table, got none`);
}
