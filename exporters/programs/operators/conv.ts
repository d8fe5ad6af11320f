import { isPointwise, UnsupportedError } from '#runtime';

import { clampValue } from '../clamp.ts';
import { biasOf, weightOperand, weightScalesOf } from '../layer-parameters.ts';
import { linearInputGradient, linearLogits, linearWeightGradient } from '../linear.ts';
import type { LayerGradient, LinearSize } from '../linear.ts';
import type { ProgramGraph } from '../program-graph.ts';
import { quantizationScalars } from '../quantization-scalars.ts';
import { inputQuantizationOf, outputQuantizationOf } from '../site.ts';
import type { Site } from '../site.ts';
import { windowColumns } from '../window-columns.ts';
import type { OperatorProgram } from './operator-program.ts';

// y[p, o] = clamp(b[o] + sum over k, c of w[o, k, c] x[gather(p, k), c])
// dw[o, k, c] = sum over n, p of dy[p, o] x[gather(p, k), c];  db[o] = sum over n, p of dy[p, o]
// dx[q, c] = sum over k, o of w[o, k, c] dy[scatter(q, k), o]
export const conv: OperatorProgram<'conv'> = {
  forward(graph, site, [x]) {
    if (site.outputQuantization === null) return logits(graph, site, x!);
    const { window, groups, clamp } = site.attributes;
    const { kernel, stride, dilation, pads } = window;
    const [height, width, channels] = site.inputShapes[0]!;
    // One tall image instead of n: a pointwise convolution does not look across rows.
    const isTall = isPointwise(window) && groups === 1;
    const input = quantizationScalars(graph, inputQuantizationOf(site));
    const output = quantizationScalars(graph, outputQuantizationOf(site));
    const weights = weightOperand(graph, site);
    const shaped = graph.reshape(weights.value, [-1, ...kernel, channels / groups]);
    const y = graph.contrib(
      'QLinearConv',
      [
        isTall ? graph.reshape(x!, [1, -1, width, channels]) : x!,
        ...input,
        graph.transpose(shaped, [0, 3, 1, 2]),
        weightScalesOf(graph, site),
        weights.zeroPoint,
        ...output,
        biasOf(graph, site),
      ],
      {
        attributes: {
          channels_last: 1,
          group: groups,
          kernel_shape: kernel,
          strides: stride,
          dilations: dilation,
          pads,
        },
      },
    );
    const value = isTall ? graph.reshape(y, [-1, height, width, site.outputShape[2]]) : y;
    return clampValue(graph, value, clamp, outputQuantizationOf(site));
  },

  backward(graph, site, { gradient, wanted }) {
    if (!wanted[0]!) return [null];
    const [height, width, channels] = site.inputShapes[0]!;
    const rows = linearInputGradient(graph, site, sizeOf(site), {
      gradient,
      columns: (error) =>
        windowColumns(
          graph,
          { direction: 'scatter', shape: site.inputShapes[0]!, window: site.attributes.window },
          {
            value: error.values,
            padding: error.zeroPoint,
            channels: site.outputShape[2],
            groups: site.attributes.groups,
          },
        ),
    });
    return [graph.reshape(rows, [-1, height, width, channels])];
  },
};

export function convWeightGradient(
  graph: ProgramGraph,
  site: Site<'conv'>,
  { input, gradient }: { input: string; gradient: string },
): LayerGradient {
  return linearWeightGradient(graph, site, sizeOf(site), {
    gradient,
    columns: () => gatheredColumns(graph, site, input),
  });
}

function logits(graph: ProgramGraph, site: Site<'conv'>, x: string): string {
  if (site.attributes.groups > 1) {
    throw new UnsupportedError(
      `${site.name}: expected a last layer without groups, got ${site.attributes.groups}`,
    );
  }
  const [height, width, classes] = site.outputShape;
  const rows = linearLogits(graph, site, gatheredColumns(graph, site, x));
  return graph.reshape(rows, [-1, height, width, classes]);
}

function gatheredColumns(graph: ProgramGraph, site: Site<'conv'>, value: string): string {
  const { window, groups } = site.attributes;
  const shape = site.inputShapes[0]!;
  const padding = graph.scalar('uint8', inputQuantizationOf(site).zeroPoint);
  return windowColumns(
    graph,
    { direction: 'gather', shape, window },
    { value, padding, channels: shape[2], groups },
  );
}

function sizeOf(site: Site<'conv'>): LinearSize {
  const { window, groups, outputChannels } = site.attributes;
  return {
    groups,
    outputs: outputChannels / groups,
    inputs: site.inputShapes[0]![2] / groups,
    offsets: window.kernel[0] * window.kernel[1],
  };
}
