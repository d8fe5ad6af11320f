import { inputTiles, isTiling, outputTiles, sumOverReach } from '../pool-window.ts';
import type { ProgramGraph } from '../program-graph.ts';
import type { Site } from '../site.ts';
import { offsetViews } from '../window-views.ts';
import type { BackwardCall, OperatorProgram } from './operator-program.ts';

// y[p, c] = max over k of x[gather(p, k), c], padding left out
// share[p, c] = f32(dy[p, c] / number of k with x[gather(p, k), c] = y[p, c])
// dx[q, c] = sum over k ascending of share[scatter(q, k), c] where x[q, c] = y[scatter(q, k), c]
export const maxPool: OperatorProgram<'maxPool'> = {
  saves: ['inputs', 'output'],
  forward(graph, site, [x]) {
    const { kernel, stride, dilation, pads } = site.attributes.window;
    return graph.contrib('NhwcMaxPool', [x!], {
      attributes: { kernel_shape: kernel, strides: stride, dilations: dilation, pads },
    });
  },

  backward(graph, site, call) {
    if (!call.wanted[0]!) return [null];
    const [shape, { window }] = [site.inputShapes[0]!, site.attributes];
    const dx = isTiling(shape, window)
      ? backwardOfTiles(graph, site, call)
      : backwardOfOverlaps(graph, site, call);
    return [graph.reshape(dx, [-1, ...shape])];
  },
};

function backwardOfTiles(
  graph: ProgramGraph,
  site: Site<'maxPool'>,
  { inputs: [x], output, gradient }: BackwardCall,
): string {
  const [shape, { window }] = [site.inputShapes[0]!, site.attributes];
  const isLargest = graph.node('Equal', [
    inputTiles(graph, x!, shape, window),
    outputTiles(graph, output, shape, window),
  ]);
  const largest = graph.cast(isLargest, 'float32');
  const count = graph.node('ReduceSum', [largest, graph.int64([2, 4])]);
  const share = graph.divide(outputTiles(graph, gradient, shape, window), count);
  return graph.multiply(largest, share);
}

function backwardOfOverlaps(
  graph: ProgramGraph,
  site: Site<'maxPool'>,
  { inputs: [x], output, gradient }: BackwardCall,
): string {
  const [shape, { window }] = [site.inputShapes[0]!, site.attributes];
  const largest = graph.cast(output, 'float32');
  const isLargest = offsetViews(
    graph,
    { shape, window },
    { value: graph.cast(x!, 'float32'), padding: graph.scalar('float32', -1), channels: shape[2] },
  ).map((view) => graph.cast(graph.node('Equal', [view, largest]), 'float32'));
  const count = isLargest.reduce((total, own) => graph.add(total, own));
  const share = graph.divide(gradient, count);
  const shares = isLargest.map((own) => graph.multiply(share, own));
  return sumOverReach(graph, { shape, window }, (k) => shares[k]!);
}
