import { sizeOf } from '#runtime';
import type { Shape } from '#runtime';

import type { ProgramGraph } from '../../program-graph.ts';
import { clampFloat } from '../float-clamp.ts';
import type { FloatOperatorProgram, FloatSite } from '../float-operator.ts';
import { floatBias, floatWeights } from '../float-parameters.ts';

// y[o] = clamp(b[o] + sum over i of w[o, i] x[i]), x flattened in (height, width, channels) order
// dw[o, i] = sum over n of dy[o] x[i];  db[o] = sum over n of dy[o];  dx[i] = sum over o of w[o, i] dy[o]
export const dense: FloatOperatorProgram<'dense'> = {
  forward(graph, site, [x]) {
    const factors = [flatten(graph, x!, site.inputShapes[0]!), floatWeights(graph, site)];
    const y = graph.node('Gemm', [...factors, floatBias(graph, site)], {
      attributes: { transB: 1 },
    });
    const value = graph.reshape(y, [-1, site.outputShape[2], 1, 1]);
    return clampFloat(graph, value, site.attributes.clamp);
  },

  backward(graph, site, { gradient, wanted }) {
    if (!wanted[0]!) return [null];
    const [height, width, channels] = site.inputShapes[0]!;
    const errors = graph.reshape(gradient, [-1, site.outputShape[2]]);
    const dx = graph.node('MatMul', [errors, floatWeights(graph, site)]);
    if (height * width === 1) return [graph.reshape(dx, [-1, channels, 1, 1])];
    return [graph.transpose(graph.reshape(dx, [-1, height, width, channels]), [0, 3, 1, 2])];
  },
};

export function floatDenseWeightGradient(
  graph: ProgramGraph,
  site: FloatSite<'dense'>,
  { input, gradient }: { readonly input: string; readonly gradient: string },
): string {
  const errors = graph.reshape(gradient, [-1, site.outputShape[2]]);
  const rows = flatten(graph, input, site.inputShapes[0]!);
  return graph.node('Gemm', [errors, rows], { attributes: { transA: 1 } });
}

function flatten(graph: ProgramGraph, x: string, shape: Shape): string {
  const last = shape[0] * shape[1] === 1 ? x : graph.transpose(x, [0, 2, 3, 1]);
  return graph.reshape(last, [-1, sizeOf(shape)]);
}
