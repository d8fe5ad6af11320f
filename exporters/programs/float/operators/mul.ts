import { sameShape } from '#runtime';

import type { FloatOperatorProgram } from '../float-operator.ts';

// y = a b;  da = dy b;  db = dy a, summed over positions where b is one factor per channel
export const mul: FloatOperatorProgram<'mul'> = {
  forward: (graph, _site, [a, b]) => graph.multiply(a!, b!),
  backward(graph, site, { inputs: [a, b], gradient, wanted }) {
    const [shapeA, shapeB] = site.inputShapes;
    const da = wanted[0]! ? graph.multiply(gradient, b!) : null;
    if (!wanted[1]!) return [da, null];
    const each = graph.multiply(gradient, a!);
    return [
      da,
      sameShape(shapeA!, shapeB!) ? each : graph.node('ReduceSum', [each, graph.int64([2, 3])]),
    ];
  },
};
