// Gradients of a depthwise convolution, where each channel has a kernel of its own: elementwise
// products instead of matrix products. They run in float32, which holds every integer that occurs:
// a sum over one row of positions, and one over the kernel, stay below 2^24.
// n sample, p output position, q input position, k kernel offset, c channel.
import { weightsOf } from './layer-parameters.ts';
import { errorSums, inputError } from './linear.ts';
import type { LayerGradient } from './linear.ts';
import type { ProgramGraph } from './program-graph.ts';
import { dequantize } from './quantization-scalars.ts';
import { scatterByPhase } from './scatter-phases.ts';
import { inputQuantizationOf } from './site.ts';
import type { Site } from './site.ts';
import { offsetViews } from './window-views.ts';

/** 255 * 255 * 257 < 2^24, so a row of at most 257 positions sums exactly; likewise 255 * 128 * 513. */
export function isDepthwise({ attributes, inputShapes, outputShape }: Site<'conv'>): boolean {
  const { groups, outputChannels, window } = attributes;
  return (
    groups === outputChannels &&
    groups === inputShapes[0]![2] &&
    outputShape[1] <= 257 &&
    window.kernel[0] * window.kernel[1] <= 513
  );
}

// d, s_d, z_d = Q(g);  A[c, k] = sum over n, p of (d[n, p, c] - z_d) (x[n, gather(p, k), c] - z_x)
// a[c] = sum over n, p of (d[n, p, c] - z_d)
export function depthwiseWeightGradient(
  graph: ProgramGraph,
  site: Site<'conv'>,
  { input, gradient }: { readonly input: string; readonly gradient: string },
): LayerGradient {
  const shape = site.inputShapes[0]!;
  const views = offsetViews(
    graph,
    { shape, window: site.attributes.window },
    {
      value: dequantize(graph, input, inputQuantizationOf(site), 1),
      padding: graph.scalar('float32', 0),
      channels: shape[2],
    },
  );
  const error = graph.quantizeError(gradient);
  const difference = graph.node('DequantizeLinear', [
    error.values,
    graph.scalar('float32', 1),
    error.zeroPoint,
  ]);
  const parts = views.map((view) => {
    const alongRows = sum(graph, graph.multiply(view, difference), [2]);
    const sums = sum(graph, graph.cast(alongRows, 'int32'), [0, 1]);
    return graph.reshape(sums, [-1, 1]);
  });
  const rows = graph.reshape(error.values, [-1, shape[2]]);
  return {
    weights: graph.node('Concat', parts, { attributes: { axis: 1 } }),
    bias: errorSums(graph, site, rows, error),
    error,
  };
}

// h = f32(g * s_w[c]);  e, s_e, z_e = Q(h);  G[q, c] = sum over k of w[c, k] (e[scatter(q, k), c] - z_e)
/** Gradient of x, f32(f32(G) * s_e): float32 [n, height, width, c]. */
export function depthwiseInputGradient(
  graph: ProgramGraph,
  site: Site<'conv'>,
  gradient: string,
): string {
  const shape = site.inputShapes[0]!;
  const { window } = site.attributes;
  const error = inputError(graph, site, gradient);
  const weights = graph.transpose(graph.cast(weightsOf(graph, site), 'float32'), [1, 0]);
  const width = Math.ceil(shape[1] / window.stride[1]);
  const product = (k: number, value: string): string => {
    const own = graph.node('Gather', [weights, graph.scalar('int64', k)]);
    // As long as a row of positions: a product with a short vector costs several times as much.
    const tile = graph.node('Expand', [own, graph.int64([width, shape[2]])]);
    const difference = graph.node('DequantizeLinear', [
      value,
      graph.scalar('float32', 1),
      error.zeroPoint,
    ]);
    return graph.multiply(difference, tile);
  };
  const total = scatterByPhase(graph, {
    shape,
    window,
    valueOf: () => error.values,
    padding: error.zeroPoint,
    sum: (rows) =>
      rows
        .flat()
        .map(({ k, value }) => product(k, value))
        .reduce((partial, part) => graph.add(partial, part)),
    zero: graph.scalar('float32', 0),
  });
  return graph.multiply(total, error.scale);
}

function sum(graph: ProgramGraph, value: string, axes: readonly number[]): string {
  return graph.node('ReduceSum', [value, graph.int64(axes)], { attributes: { keepdims: 0 } });
}
