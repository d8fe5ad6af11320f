// Gradients of a convolution without groups: matrix products over the window's views, one after
// another, so that the ninefold copy of the input that one product would need never exists.
// n sample, p output position, q input position, k kernel offset, c input channel, o output channel.
import { weightOperand } from './layer-parameters.ts';
import { errorProduct, errorSums, inputError } from './linear.ts';
import type { LayerGradient } from './linear.ts';
import type { ProgramGraph } from './program-graph.ts';
import { scatterByPhase } from './scatter-phases.ts';
import type { PhaseRow } from './scatter-phases.ts';
import { inputQuantizationOf } from './site.ts';
import type { Site } from './site.ts';
import { offsetViews, rowViews } from './window-views.ts';

/** Fewer channels than this would leave a product's registers half empty; a kernel row has several times as many. */
const narrow = 16;

// d, s_d, z_d = Q(g);  A[o, k, c] = sum over n, p of (d[n, p, o] - z_d) (x[n, gather(p, k), c] - z_x)
// a[o] = sum over n, p of (d[n, p, o] - z_d)
export function windowWeightGradient(
  graph: ProgramGraph,
  site: Site<'conv'>,
  { input, gradient }: { readonly input: string; readonly gradient: string },
): LayerGradient {
  const { window, outputChannels } = site.attributes;
  const shape = site.inputShapes[0]!;
  const padding = graph.scalar('uint8', inputQuantizationOf(site).zeroPoint);
  const viewed = { value: input, padding, channels: shape[2] };
  const views = (shape[2] < narrow ? rowViews : offsetViews)(graph, { shape, window }, viewed);
  const perView = ((window.kernel[0] * window.kernel[1]) / views.length) * shape[2];
  const inputs = views.map((view) => graph.reshape(view, [-1, perView]));
  // Added after the views, the error runs before them: each view is freed before the next is made.
  const error = graph.quantizeError(gradient);
  const rows = graph.reshape(error.values, [-1, outputChannels]);
  const transposed = graph.transpose(rows, [1, 0]);
  const parts = inputs.map((view) => errorProduct(graph, site, error, [transposed, view]));
  const weights =
    parts.length === 1 ? parts[0]! : graph.node('Concat', parts, { attributes: { axis: 1 } });
  return { weights, bias: errorSums(graph, rows, error), error };
}

// h = f32(g * s_w[o]);  e, s_e, z_e = Q(h);  G[q, c] = sum over k, o of w[o, k, c] (e[scatter(q, k), o] - z_e)
/** Gradient of x, f32(f32(G) * s_e): float32 [n, height, width, c]. */
export function windowInputGradient(
  graph: ProgramGraph,
  site: Site<'conv'>,
  gradient: string,
): string {
  const { window, outputChannels } = site.attributes;
  const shape = site.inputShapes[0]!;
  const error = inputError(graph, site, gradient);
  const weights = weightOperand(graph, site);
  const split = graph.reshape(weights.value, [outputChannels, ...window.kernel, shape[2]]);
  const matrices = graph.transpose(split, [1, 2, 0, 3]);
  // Of one kernel row: the columns side by side, times their matrices one below the other.
  const product = ({ ky, columns }: PhaseRow): string => {
    const values = columns.map(({ value }) => value);
    const joined =
      values.length === 1 ? values[0]! : graph.node('Concat', values, { attributes: { axis: 3 } });
    const row = graph.node('Gather', [matrices, graph.scalar('int64', ky)]);
    const own = graph.node('Gather', [row, graph.int64(columns.map(({ kx }) => kx))]);
    const inputs = columns.length * outputChannels;
    return graph.node('MatMulInteger', [
      joined,
      graph.reshape(own, [inputs, shape[2]]),
      error.zeroPoint,
      weights.zeroPoint,
    ]);
  };
  const sums = scatterByPhase(graph, {
    shape,
    window,
    valueOf: () => error.values,
    padding: error.zeroPoint,
    sum: (rows) => rows.map(product).reduce((total, part) => graph.add(total, part)),
    zero: graph.scalar('int32', 0),
  });
  return graph.node('DequantizeLinear', [sums, error.scale]);
}
