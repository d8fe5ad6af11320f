import { isPointwise } from '#runtime';
import type { Window } from '#runtime';

import type { ProgramGraph } from '../../program-graph.ts';
import { clampFloat } from '../float-clamp.ts';
import type { FloatOperatorProgram, FloatSite } from '../float-operator.ts';
import { floatBias, floatWeights } from '../float-parameters.ts';
import { floatViews } from '../float-views.ts';

/** Up to this many positions, one product over the batch is faster than one for each sample. */
const fewPositions = 256;

// y[o, p] = clamp(b[o] + sum over k, c of w[o, k, c] x[c, gather(p, k)])
// dw[o, k, c] = sum over n, p of dy[o, p] x[c, gather(p, k)];  db[o] = sum over n, p of dy[o, p]
// dx[c, q] = sum over k, o of w[o, k, c] dy[o, scatter(q, k)]
export const conv: FloatOperatorProgram<'conv'> = {
  forward(graph, site, [x]) {
    const { window, groups, clamp } = site.attributes;
    const y = graph.node('Conv', [x!, kernels(graph, site), floatBias(graph, site)], {
      attributes: { ...windowAttributes(window), group: groups },
    });
    return clampFloat(graph, y, clamp);
  },

  backward(graph, site, { gradient, wanted }) {
    if (!wanted[0]!) return [null];
    const { window, groups } = site.attributes;
    const isPlain = groups === 1 && window.stride[0] === 1 && window.stride[1] === 1;
    return [isPlain ? rotated(graph, site, gradient) : transposed(graph, site, gradient)];
  },
};

/** Gradient of the weights [o, k * c], from the gated gradient of the output. */
export function floatConvWeightGradient(
  graph: ProgramGraph,
  site: FloatSite<'conv'>,
  { input, gradient }: { readonly input: string; readonly gradient: string },
): string {
  const { groups, outputChannels } = site.attributes;
  const [height, width] = site.outputShape;
  if (groups === outputChannels && groups === site.inputShapes[0]![2]) {
    return depthwiseSums(graph, site, { input, gradient });
  }
  const acrossBatch = groups === 1 && height * width <= fewPositions;
  return acrossBatch
    ? productsAcrossBatch(graph, site, { input, gradient })
    : productsPerSample(graph, site, { input, gradient });
}

// A convolution with the kernels turned around; ONNX Runtime's fastest form.
function rotated(graph: ProgramGraph, site: FloatSite<'conv'>, gradient: string): string {
  const { kernel, dilation, pads } = site.attributes.window;
  const ends = [-1, -1].map((start) => graph.int64([start, start]));
  const turned = isPointwise(site.attributes.window)
    ? kernels(graph, site)
    : graph.node('Slice', [
        kernels(graph, site),
        ends[0]!,
        graph.int64([-1_000_000, -1_000_000]),
        graph.int64([2, 3]),
        graph.int64([-1, -1]),
      ]);
  const reach = pads.map((pad, side) => (kernel[side % 2]! - 1) * dilation[side % 2]! - pad);
  return graph.node('Conv', [gradient, graph.transpose(turned, [1, 0, 2, 3])], {
    attributes: { kernel_shape: kernel, strides: [1, 1], dilations: dilation, pads: reach },
  });
}

function transposed(graph: ProgramGraph, site: FloatSite<'conv'>, gradient: string): string {
  const { window, groups } = site.attributes;
  const { kernel, stride, dilation, pads } = window;
  const lost = ([0, 1] as const).map((axis) => {
    const covered =
      (site.outputShape[axis] - 1) * stride[axis] + (kernel[axis] - 1) * dilation[axis] + 1;
    return site.inputShapes[0]![axis] - (covered - pads[axis] - pads[axis + 2]!);
  });
  return graph.node('ConvTranspose', [gradient, kernels(graph, site)], {
    attributes: { ...windowAttributes(window), group: groups, output_padding: lost },
  });
}

// [n, groups, o, p] x [n, groups, p, c], summed over n; for each offset.
function productsPerSample(
  graph: ProgramGraph,
  site: FloatSite<'conv'>,
  { input, gradient }: { readonly input: string; readonly gradient: string },
): string {
  const { window, groups, outputChannels } = site.attributes;
  const [shape, [height, width]] = [site.inputShapes[0]!, site.outputShape];
  const split = (value: string, channels: number): string =>
    graph.reshape(value, [-1, groups, channels / groups, height * width]);
  const errors = split(gradient, outputChannels);
  const parts = floatViews(graph, input, { shape, window }).map((view) => {
    const product = graph.contrib('FusedMatMul', [errors, split(view, shape[2])], {
      attributes: { transB: 1 },
    });
    const sum = graph.node('ReduceSum', [product, graph.int64([0])]);
    return graph.reshape(sum, [outputChannels, shape[2] / groups]);
  });
  return concat(graph, parts);
}

// [o, n * p] x [n * p, c] for each offset.
function productsAcrossBatch(
  graph: ProgramGraph,
  site: FloatSite<'conv'>,
  { input, gradient }: { readonly input: string; readonly gradient: string },
): string {
  const { window, outputChannels } = site.attributes;
  const shape = site.inputShapes[0]!;
  const rows = (value: string, channels: number): string =>
    graph.reshape(graph.transpose(value, [0, 2, 3, 1]), [-1, channels]);
  const inputs = floatViews(graph, input, { shape, window }).map((view) => rows(view, shape[2]));
  const errors = rows(gradient, outputChannels);
  const parts = inputs.map((view) =>
    graph.node('Gemm', [errors, view], { attributes: { transA: 1 } }),
  );
  return concat(graph, parts);
}

function depthwiseSums(
  graph: ProgramGraph,
  site: FloatSite<'conv'>,
  { input, gradient }: { readonly input: string; readonly gradient: string },
): string {
  const views = floatViews(graph, input, {
    shape: site.inputShapes[0]!,
    window: site.attributes.window,
  });
  const parts = views.map((view) => {
    const sums = graph.node('ReduceSum', [graph.multiply(view, gradient), graph.int64([0, 2, 3])]);
    return graph.reshape(sums, [-1, 1]);
  });
  return concat(graph, parts);
}

function concat(graph: ProgramGraph, parts: readonly string[]): string {
  return parts.length === 1 ? parts[0]! : graph.node('Concat', parts, { attributes: { axis: 1 } });
}

/** [o, c within the group, kernel height, kernel width] */
function kernels(graph: ProgramGraph, site: FloatSite<'conv'>): string {
  const { window, groups } = site.attributes;
  const split = [-1, ...window.kernel, site.inputShapes[0]![2] / groups];
  return graph.transpose(graph.reshape(floatWeights(graph, site), split), [0, 3, 1, 2]);
}

function windowAttributes({ kernel, stride, dilation, pads }: Window) {
  return { kernel_shape: kernel, strides: stride, dilations: dilation, pads };
}
