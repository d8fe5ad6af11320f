// Gradients of a convolution without groups: matrix products over the window's views, one after
// another, so that the ninefold copy of the input that one product would need never exists.
// n sample, p output position, q input position, k kernel offset, c input channel, o output channel.
import type { Window } from '#runtime';

import { weightOperand } from './layer-parameters.ts';
import { errorProduct, errorSums, inputError } from './linear.ts';
import type { LayerGradient } from './linear.ts';
import type { ProgramGraph } from './program-graph.ts';
import { scatterByPhase } from './scatter-phases.ts';
import type { Tap } from './scatter-phases.ts';
import { inputQuantizationOf } from './site.ts';
import type { Site } from './site.ts';
import { offsetViews, rowViews } from './window-views.ts';
import type { ViewedValue } from './window-views.ts';

/** Fewer channels than this would leave a product's registers half empty; a kernel row has several times as many. */
const narrow = 16;

/** Up to this many bytes a sample, all views side by side cost less than a product for each. */
export const smallColumns = 100_000;

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
  const views = inputViews(graph, site, { value: input, padding, channels: shape[2] });
  const perView = (offsetsOf(window) / views.length) * shape[2];
  const inputs = views.map((view) => graph.reshape(view, [-1, perView]));
  // Added after the views, the error runs before them: each view is freed before the next is made.
  const error = graph.quantizeError(gradient);
  const rows = graph.reshape(error.values, [-1, outputChannels]);
  const transposed = graph.transpose(rows, [1, 0]);
  const parts = inputs.map((view) => errorProduct(graph, site, error, [transposed, view]));
  return { weights: concat(graph, parts, 1), bias: errorSums(graph, site, rows, error), error };
}

/** Views whose channels, one view after the other, are the kernel's offsets and channels in order. */
function inputViews(graph: ProgramGraph, site: Site<'conv'>, viewed: ViewedValue): string[] {
  const [shape, { window }] = [site.inputShapes[0]!, site.attributes];
  const columns = site.outputShape[0] * site.outputShape[1] * offsetsOf(window) * shape[2];
  if (columns <= smallColumns) {
    return [concat(graph, offsetViews(graph, { shape, window }, viewed), 3)];
  }
  return (shape[2] < narrow ? rowViews : offsetViews)(graph, { shape, window }, viewed);
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
  const offsets = offsetsOf(window);
  const split = graph.reshape(weights.value, [outputChannels, offsets, shape[2]]);
  const matrices = graph.reshape(graph.transpose(split, [1, 0, 2]), [-1, shape[2]]);
  // The taps' errors side by side, times their matrices one below the other.
  const product = (taps: readonly Tap[]): string => {
    const errors = taps.map(({ value }) => value);
    const own = pickMatrices(graph, matrices, taps, { offsets, outputs: outputChannels });
    const zeros = [error.zeroPoint, weights.zeroPoint];
    return graph.node('MatMulInteger', [concat(graph, errors, 3), own, ...zeros]);
  };
  const isSmall = shape[0] * shape[1] * offsets * outputChannels <= smallColumns;
  const sums = scatterByPhase(graph, {
    shape,
    window,
    valueOf: () => error.values,
    padding: error.zeroPoint,
    sum: (rows) => {
      const parts = (isSmall ? [rows.flat()] : rows).map(product);
      return parts.reduce((total, part) => graph.add(total, part));
    },
    zero: graph.scalar('int32', 0),
  });
  return graph.node('DequantizeLinear', [sums, error.scale]);
}

/** Of all offsets one below the other, [k * o, c], those of the taps. */
function pickMatrices(
  graph: ProgramGraph,
  matrices: string,
  taps: readonly Tap[],
  { offsets, outputs }: { readonly offsets: number; readonly outputs: number },
): string {
  if (taps.length === offsets) return matrices;
  const first = taps[0]!.k;
  if (taps.every(({ k }, index) => k === first + index)) {
    const bounds = [first * outputs, (first + taps.length) * outputs, 0];
    return graph.node('Slice', [matrices, ...bounds.map((bound) => graph.int64([bound]))]);
  }
  const rows = taps.flatMap(({ k }) => Array.from({ length: outputs }, (_, o) => k * outputs + o));
  return graph.node('Gather', [matrices, graph.int64(rows)]);
}

/** Offsets of a kernel, row by row. */
export function offsetsOf({ kernel }: Window): number {
  return kernel[0] * kernel[1];
}

function concat(graph: ProgramGraph, parts: readonly string[], axis: number): string {
  return parts.length === 1 ? parts[0]! : graph.node('Concat', parts, { attributes: { axis } });
}
