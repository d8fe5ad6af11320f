import type { FloatOperatorProgram } from '../float-operator.ts';

// y = [x_0, x_1, ...] along channels;  dx_i = the slice of dy that x_i went to
export const concat: FloatOperatorProgram<'concat'> = {
  forward: (graph, _site, inputs) => graph.node('Concat', inputs, { attributes: { axis: 1 } }),
  backward(graph, site, { gradient, wanted }) {
    let end = 0;
    return site.inputShapes.map(([, , channels], index) => {
      const start = end;
      end += channels;
      if (!wanted[index]!) return null;
      return graph.node('Slice', [
        gradient,
        ...[start, end, 1].map((bound) => graph.int64([bound])),
      ]);
    });
  },
};
