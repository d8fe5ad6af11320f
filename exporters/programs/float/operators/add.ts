import { clampFloat } from '../float-clamp.ts';
import type { FloatOperatorProgram } from '../float-operator.ts';

// y = clamp(a + b);  da = dy, db = dy
export const add: FloatOperatorProgram<'add'> = {
  forward: (graph, site, [a, b]) => clampFloat(graph, graph.add(a!, b!), site.attributes.clamp),
  backward: (_graph, _site, { gradient, wanted }) =>
    wanted.map((isWanted) => (isWanted ? gradient : null)),
};
