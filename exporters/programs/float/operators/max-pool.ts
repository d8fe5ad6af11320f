import type { FloatOperatorProgram } from '../float-operator.ts';
import { spreadOverWindow } from '../float-spread.ts';
import { floatViews } from '../float-views.ts';

// y[p, c] = max over k of x[gather(p, k), c], padding left out
// dx[gather(p, k), c] += dy[p, c] / count  for each k with x[gather(p, k), c] = y[p, c], count of them
export const maxPool: FloatOperatorProgram<'maxPool'> = {
  forward(graph, site, [x]) {
    const { kernel, stride, dilation, pads } = site.attributes.window;
    return graph.node('MaxPool', [x!], {
      attributes: { kernel_shape: kernel, strides: stride, dilations: dilation, pads },
    });
  },

  backward(graph, site, { inputs: [x], output, gradient, wanted }) {
    if (!wanted[0]!) return [null];
    const views = floatViews(graph, x!, {
      shape: site.inputShapes[0]!,
      window: site.attributes.window,
      padding: -Infinity,
    });
    const isLargest = views.map((view) =>
      graph.cast(graph.node('Equal', [view, output]), 'float32'),
    );
    const share = graph.divide(gradient, graph.node('Sum', isLargest));
    const shares = isLargest.map((own) => graph.multiply(own, share));
    return [spreadOverWindow(graph, shares, site)];
  },
};
