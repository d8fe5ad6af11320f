// Gradients of a convolution whose groups have several channels: stacks of matrix products.
// n sample, p output position, q input position, k kernel offset, c input channel, o output channel.
import { weightOperand } from './layer-parameters.ts';
import { errorProduct, errorSums, inputError } from './linear.ts';
import type { LayerGradient } from './linear.ts';
import type { ProgramGraph } from './program-graph.ts';
import { inputQuantizationOf } from './site.ts';
import type { Site } from './site.ts';
import { windowColumns } from './window-columns.ts';

// d, s_d, z_d = Q(g);  A[o, k, c] = sum over n, p of (d[n, p, o] - z_d) (x[n, gather(p, k), c] - z_x)
// a[o] = sum over n, p of (d[n, p, o] - z_d)
export function groupedWeightGradient(
  graph: ProgramGraph,
  site: Site<'conv'>,
  { input, gradient }: { readonly input: string; readonly gradient: string },
): LayerGradient {
  const { window, groups, outputChannels } = site.attributes;
  const shape = site.inputShapes[0]!;
  const padding = graph.scalar('uint8', inputQuantizationOf(site).zeroPoint);
  const columns = windowColumns(
    graph,
    { direction: 'gather', shape, window },
    { value: input, padding, channels: shape[2] },
    groups,
  );
  const error = graph.quantizeError(gradient);
  const rows = graph.reshape(error.values, [-1, outputChannels]);
  const split = graph.reshape(rows, [-1, groups, outputChannels / groups]);
  const transposed = graph.transpose(split, [1, 2, 0]);
  const sums = errorProduct(graph, site, error, [transposed, columns]);
  return {
    weights: graph.reshape(sums, [outputChannels, -1]),
    bias: errorSums(graph, site, rows, error),
    error,
  };
}

// h = f32(g * s_w[o]);  e, s_e, z_e = Q(h);  G[q, c] = sum over k, o of w[o, k, c] (e[scatter(q, k), o] - z_e)
/** Gradient of x, f32(f32(G) * s_e): float32 [n * q, groups, c within the group]. */
export function groupedInputGradient(
  graph: ProgramGraph,
  site: Site<'conv'>,
  gradient: string,
): string {
  const { window, groups, outputChannels } = site.attributes;
  const shape = site.inputShapes[0]!;
  const offsets = window.kernel[0] * window.kernel[1];
  const [outputs, inputs] = [outputChannels / groups, shape[2] / groups];
  const error = inputError(graph, site, gradient);
  const columns = windowColumns(
    graph,
    { direction: 'scatter', shape, window },
    { value: error.values, padding: error.zeroPoint, channels: outputChannels },
    groups,
  );
  const weights = weightOperand(graph, site);
  const split = graph.reshape(weights.value, [groups, outputs, offsets, inputs]);
  const matrices = graph.reshape(graph.transpose(split, [0, 2, 1, 3]), [groups, -1, inputs]);
  const product = graph.contrib('MatMulIntegerToFloat', [
    columns,
    matrices,
    error.scale,
    graph.scalar('float32', 1),
    error.zeroPoint,
    weights.zeroPoint,
  ]);
  return graph.transpose(product, [1, 0, 2]);
}
