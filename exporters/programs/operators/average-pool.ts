import { isTiling, outputTiles, sumOverReach, tileSizes, windowCounts } from '../pool-window.ts';
import type { ProgramGraph } from '../program-graph.ts';
import { dequantize, quantizationScalars, quantize } from '../quantization-scalars.ts';
import { inputQuantizationOf, outputQuantizationOf } from '../site.ts';
import type { Site } from '../site.ts';
import { stackedViews } from '../window-views.ts';
import type { OperatorProgram } from './operator-program.ts';

// y = rne(f32(f32(sum over k of (x[gather(p, k), c] - z_x)) * m[p])) + z_y, clamped to 0..255
// m[p] = f32(s_x / f32(s_y * count[p]));  count[p] = offsets inside the input, all with countPadding, at least 1
// dx[q, c] = sum over k ascending of f32(dy[scatter(q, k), c] * f32(1 / count[scatter(q, k)]))
export const averagePool: OperatorProgram<'averagePool'> = {
  saves: [],
  forward(graph, site, [x]) {
    const counts = countsOf(site);
    return counts.every((count) => count === counts[0])
      ? equalCounts(graph, site, x!, counts[0]!)
      : unequalCounts(graph, site, x!, counts);
  },

  backward(graph, site, { gradient, wanted }) {
    if (!wanted[0]!) return [null];
    const [shape, { window }] = [site.inputShapes[0]!, site.attributes];
    const [height, width] = site.outputShape;
    const inverse = countsOf(site).map((count) => 1 / count);
    const factors = graph.constant(`inverseCounts:${site.index}`, Float32Array.from(inverse), [
      height,
      width,
      1,
    ]);
    const share = graph.multiply(gradient, factors);
    const dx = isTiling(shape, window)
      ? graph.node('Expand', [
          outputTiles(graph, share, shape, window),
          graph.int64(tileSizes(shape, window).map((size) => Math.max(1, size))),
        ])
      : sumOverReach(graph, { shape, window }, () => share);
    return [graph.reshape(dx, [-1, ...shape])];
  },
};

// A convolution of each channel with ones: its multiplier is f32(f32(s_x * 1) / f32(s_y * count)).
function equalCounts(
  graph: ProgramGraph,
  site: Site<'averagePool'>,
  x: string,
  count: number,
): string {
  const { kernel, stride, dilation, pads } = site.attributes.window;
  const channels = site.outputShape[2];
  const output = outputQuantizationOf(site);
  const scale = Math.fround(Math.fround(output.scale) * count);
  const ones = graph.node('Expand', [
    graph.scalar('int8', 1),
    graph.int64([channels, 1, ...kernel]),
  ]);
  return graph.contrib(
    'QLinearConv',
    [
      x,
      ...quantizationScalars(graph, inputQuantizationOf(site)),
      ones,
      graph.scalar('float32', 1),
      graph.scalar('int8', 0),
      ...quantizationScalars(graph, { scale, zeroPoint: output.zeroPoint }),
    ],
    {
      attributes: {
        channels_last: 1,
        group: channels,
        kernel_shape: kernel,
        strides: stride,
        dilations: dilation,
        pads,
      },
    },
  );
}

// Sums of fewer than 2^16 differences of uint8 are exact in float32, in any order.
function unequalCounts(
  graph: ProgramGraph,
  site: Site<'averagePool'>,
  x: string,
  counts: readonly number[],
): string {
  const [input, output] = [inputQuantizationOf(site), outputQuantizationOf(site)];
  const [shape, { window }] = [site.inputShapes[0]!, site.attributes];
  const padding = graph.scalar('uint8', input.zeroPoint);
  const read = stackedViews(
    graph,
    { direction: 'gather', shape, window },
    { value: x, padding, channels: shape[2] },
  );
  const sums = graph.node('ReduceSum', [dequantize(graph, read, input, 1), graph.int64([2])], {
    attributes: { keepdims: 0 },
  });
  const multipliers = counts.map(
    (count) => Math.fround(input.scale) / Math.fround(Math.fround(output.scale) * count),
  );
  const m = graph.constant(`averages:${site.index}`, Float32Array.from(multipliers), [
    counts.length,
    1,
  ]);
  return graph.reshape(quantize(graph, graph.multiply(sums, m), output), [-1, ...site.outputShape]);
}

function countsOf({ attributes, inputShapes }: Site<'averagePool'>): number[] {
  return windowCounts(inputShapes[0]!, attributes.window, attributes.countPadding);
}
