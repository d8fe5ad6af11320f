import type { FloatOperatorProgram } from '../float-operator.ts';
import { parametersOf } from '../float-parameters.ts';

// y[p, e] = table[x[p], e]; no gradient, since tables are not learned
export const embedding: FloatOperatorProgram<'embedding'> = {
  forward(graph, site, [x]) {
    const { attributes, index, outputShape } = site;
    const { weights } = parametersOf(site);
    const [height, width] = outputShape;
    const table = graph.constant(`table:${index}`, Float32Array.from(weights), [
      256,
      attributes.size,
    ]);
    const tokens = graph.reshape(graph.cast(x!, 'int32'), [-1, height, width]);
    return graph.transpose(graph.node('Gather', [table, tokens]), [0, 3, 1, 2]);
  },
  backward: (_graph, site) => site.inputs.map(() => null),
};
