import { UnsupportedError } from '#runtime';

import type { OperatorProgram } from './operator-program.ts';

// y[p, e] = table[x[p], e]
export const embedding: OperatorProgram<'embedding'> = {
  saves: [],
  forward(graph, site, [x]) {
    const { name, index, attributes, lookup, inputShapes, outputShape } = site;
    if (lookup === null) throw new TypeError(`${name}: expected a table, got none`);
    const table = graph.constant(`table:${index}`, lookup.table, [256, attributes.size]);
    const [height, width] = inputShapes[0]!;
    const tokens = graph.reshape(graph.cast(x!, 'int32'), [-1, height, width]);
    return graph.reshape(graph.node('Gather', [table, tokens]), [-1, ...outputShape]);
  },

  backward(_graph, { name }) {
    throw new UnsupportedError(`${name}: expected an embedding in a frozen module, got a gradient`);
  },
};
