import type { LookupParameters } from '#runtime';

import type { ProgramGraph } from '../program-graph.ts';
import type { Site } from '../site.ts';
import type { OperatorProgram } from './operator-program.ts';

// y = table[x];  dx = f32(dy * slope[x])
export const lookup: OperatorProgram<'lookup'> = {
  forward(graph, site, [x]) {
    const { table } = tablesOf(site);
    const values = graph.constant(`table:${site.index}`, table, [256]);
    return graph.node('Gather', [values, indices(graph, x!)]);
  },

  backward(graph, site, { inputs: [x], gradient, wanted }) {
    if (!wanted[0]!) return [null];
    const { slope } = tablesOf(site);
    const slopes = graph.constant(`slope:${site.index}`, slope, [256]);
    return [graph.multiply(gradient, graph.node('Gather', [slopes, indices(graph, x!)]))];
  },
};

// Cast anew for backward: four bytes an element would be held from the forward on.
function indices(graph: ProgramGraph, x: string): string {
  return graph.cast(x, 'int32');
}

function tablesOf({ name, lookup: tables }: Site<'lookup'>): LookupParameters {
  if (tables !== null) return tables;
  throw new TypeError(`${name}: expected a lookup table, got none`);
}
