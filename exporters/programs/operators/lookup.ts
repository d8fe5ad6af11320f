import type { LookupParameters } from '#runtime';

import type { Site } from '../site.ts';
import type { OperatorProgram } from './operator-program.ts';

// y = table[x];  dx = f32(dy * slope[x])
export const lookup: OperatorProgram<'lookup'> = {
  saves: ['inputs'],
  forward(graph, site, [x]) {
    const { table } = tablesOf(site);
    const values = graph.constant(`table:${site.index}`, table, [256]);
    return graph.node('Gather', [values, graph.cast(x!, 'int32')]);
  },

  backward(graph, site, { inputs: [x], gradient, wanted }) {
    if (!wanted[0]!) return [null];
    const { slope } = tablesOf(site);
    const slopes = graph.constant(`slope:${site.index}`, slope, [256]);
    // Of a view, or ONNX Runtime would hold the forward's indices, four bytes each, for this use.
    const view = graph.reshape(x!, [-1, ...site.outputShape]);
    const factors = graph.node('Gather', [slopes, graph.cast(view, 'int32')]);
    return [graph.multiply(gradient, factors)];
  },
};

function tablesOf({ name, lookup: tables }: Site<'lookup'>): LookupParameters {
  if (tables !== null) return tables;
  throw new TypeError(`${name}: expected a lookup table, got none`);
}
