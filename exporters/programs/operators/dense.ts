import { sizeOf } from '#runtime';

import { clampValue } from '../clamp.ts';
import { biasOf, weightOperand, weightScalesOf } from '../layer-parameters.ts';
import { linearLogits, matrixInputGradient, matrixWeightGradient } from '../linear.ts';
import type { LayerGradient } from '../linear.ts';
import type { ProgramGraph } from '../program-graph.ts';
import { quantizationScalars } from '../quantization-scalars.ts';
import { inputQuantizationOf, outputQuantizationOf } from '../site.ts';
import type { Site } from '../site.ts';
import type { OperatorProgram } from './operator-program.ts';

// y[o] = clamp(b[o] + sum over i of w[o, i] x[i]), x flattened in (height, width, channels) order
// dw[o, i] = sum over n of dy[o] x[i];  db[o] = sum over n of dy[o];  dx[i] = sum over o of w[o, i] dy[o]
export const dense: OperatorProgram<'dense'> = {
  saves: ['inputs'],
  forward(graph, site, [x]) {
    const [inputs, outputs] = [sizeOf(site.inputShapes[0]!), site.outputShape[2]];
    if (site.outputQuantization === null) {
      const rows = linearLogits(graph, site, graph.reshape(x!, [-1, inputs]));
      return graph.reshape(rows, [-1, 1, 1, outputs]);
    }
    const weights = weightOperand(graph, site);
    // A pointwise convolution over one image whose rows are the samples.
    const y = graph.contrib(
      'QLinearConv',
      [
        graph.reshape(x!, [1, -1, 1, inputs]),
        ...quantizationScalars(graph, inputQuantizationOf(site)),
        graph.reshape(weights.value, [outputs, inputs, 1, 1]),
        weightScalesOf(graph, site),
        weights.zeroPoint,
        ...quantizationScalars(graph, site.outputQuantization),
        biasOf(graph, site),
      ],
      { attributes: { channels_last: 1 } },
    );
    const value = graph.reshape(y, [-1, 1, 1, outputs]);
    return clampValue(graph, value, site.attributes.clamp, outputQuantizationOf(site));
  },

  backward(graph, site, { gradient, wanted }) {
    if (!wanted[0]!) return [null];
    const dx = matrixInputGradient(graph, site, gradient);
    return [graph.reshape(dx, [-1, ...site.inputShapes[0]!])];
  },
};

export function denseWeightGradient(
  graph: ProgramGraph,
  site: Site<'dense'>,
  { input, gradient }: { input: string; gradient: string },
): LayerGradient {
  const rows = graph.reshape(input, [-1, sizeOf(site.inputShapes[0]!)]);
  return matrixWeightGradient(graph, site, { rows, gradient });
}
