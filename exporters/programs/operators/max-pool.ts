import { sizeOf } from '#runtime';

import { inputTiles, isTiling, outputTiles, sumOverReach, withPadding } from '../pool-window.ts';
import type { ProgramGraph } from '../program-graph.ts';
import type { Site } from '../site.ts';
import { indexTable, stackedViews } from '../window-views.ts';
import type { BackwardCall, OperatorProgram } from './operator-program.ts';

// y[p, c] = max over k of x[gather(p, k), c], padding left out
// share[p, c] = f32(dy[p, c] / number of k with x[gather(p, k), c] = y[p, c])
// dx[q, c] = sum over k ascending of share[scatter(q, k), c] where x[q, c] = y[scatter(q, k), c]
export const maxPool: OperatorProgram<'maxPool'> = {
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
  const [inputs, channels] = [shape[0] * shape[1], shape[2]];
  const outputs = sizeOf(site.outputShape) / channels;
  const none = graph.scalar('uint8', 0);
  const read = stackedViews(
    graph,
    { direction: 'gather', shape, window },
    { value: x!, padding: none, channels },
  );
  const isLargest = graph.node('Equal', [read, graph.reshape(output, [-1, outputs, 1, channels])]);
  const table = indexTable(graph, { direction: 'gather', shape, window });
  const isInside = graph.node('Less', [table, graph.scalar('int32', inputs)]);
  const isCounted = graph.node('And', [
    isLargest,
    graph.node('Unsqueeze', [isInside, graph.int64([2])]),
  ]);
  const counted = graph.cast(isCounted, 'float32');
  const count = graph.node('ReduceSum', [counted, graph.int64([2])], {
    attributes: { keepdims: 0 },
  });
  const share = graph.divide(graph.reshape(gradient, [-1, outputs, channels]), count);
  const input = graph.reshape(x!, [-1, inputs, channels]);
  const largest = withPadding(graph, graph.reshape(output, [-1, outputs, channels]), none);
  return sumOverReach(graph, { share, shape, window }, (term, positions) => {
    const theirs = graph.node('Gather', [largest, positions], { attributes: { axis: 1 } });
    return graph.multiply(term, graph.cast(graph.node('Equal', [input, theirs]), 'float32'));
  });
}
