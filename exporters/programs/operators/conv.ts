import { isPointwise, UnsupportedError } from '#runtime';

import { clampValue } from '../clamp.ts';
import {
  depthwiseInputGradient,
  depthwiseWeightGradient,
  isDepthwise,
} from '../depthwise-gradient.ts';
import { groupedInputGradient, groupedWeightGradient } from '../grouped-gradient.ts';
import { biasOf, weightOperand, weightScalesOf } from '../layer-parameters.ts';
import { linearLogits, matrixInputGradient, matrixWeightGradient } from '../linear.ts';
import type { LayerGradient } from '../linear.ts';
import type { ProgramGraph } from '../program-graph.ts';
import { quantizationScalars } from '../quantization-scalars.ts';
import { inputQuantizationOf, outputQuantizationOf } from '../site.ts';
import type { Site } from '../site.ts';
import { windowColumns } from '../window-columns.ts';
import { windowInputGradient, windowWeightGradient } from '../window-gradient.ts';
import type { OperatorProgram } from './operator-program.ts';

// y[p, o] = clamp(b[o] + sum over k, c of w[o, k, c] x[gather(p, k), c])
// dw[o, k, c] = sum over n, p of dy[p, o] x[gather(p, k), c];  db[o] = sum over n, p of dy[p, o]
// dx[q, c] = sum over k, o of w[o, k, c] dy[scatter(q, k), o]
export const conv: OperatorProgram<'conv'> = {
  saves: ['inputs'],
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
    const dx = inputGradients[formOf(site)](graph, site, gradient);
    return [graph.reshape(dx, [-1, ...site.inputShapes[0]!])];
  },
};

export function convWeightGradient(
  graph: ProgramGraph,
  site: Site<'conv'>,
  values: { readonly input: string; readonly gradient: string },
): LayerGradient {
  return weightGradients[formOf(site)](graph, site, values);
}

/** The four ways in which gradients of a convolution are computed fastest; all of them exact. */
type Form = 'matrix' | 'window' | 'depthwise' | 'grouped';

const weightGradients: { readonly [Key in Form]: typeof convWeightGradient } = {
  matrix(graph, site, { input, gradient }) {
    const rows = graph.reshape(input, [-1, site.inputShapes[0]![2]]);
    return matrixWeightGradient(graph, site, { rows, gradient });
  },
  window: windowWeightGradient,
  depthwise: depthwiseWeightGradient,
  grouped: groupedWeightGradient,
};

const inputGradients: {
  readonly [Key in Form]: (graph: ProgramGraph, site: Site<'conv'>, gradient: string) => string;
} = {
  matrix: matrixInputGradient,
  window: windowInputGradient,
  depthwise: depthwiseInputGradient,
  grouped: groupedInputGradient,
};

function formOf(site: Site<'conv'>): Form {
  const { window, groups } = site.attributes;
  if (groups === 1) return isPointwise(window) ? 'matrix' : 'window';
  return isDepthwise(site) ? 'depthwise' : 'grouped';
}

function logits(graph: ProgramGraph, site: Site<'conv'>, x: string): string {
  if (site.attributes.groups > 1) {
    throw new UnsupportedError(
      `${site.name}: expected a last layer without groups, got ${site.attributes.groups}`,
    );
  }
  const [height, width, classes] = site.outputShape;
  const [shape, { window }] = [site.inputShapes[0]!, site.attributes];
  const padding = graph.scalar('uint8', inputQuantizationOf(site).zeroPoint);
  const viewed = { value: x, padding, channels: shape[2] };
  const columns = windowColumns(graph, { direction: 'gather', shape, window }, viewed, 1);
  const rows = linearLogits(graph, site, columns);
  return graph.reshape(rows, [-1, height, width, classes]);
}
