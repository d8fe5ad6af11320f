import { sizeOf } from '#runtime';

import { clampValue } from '../clamp.ts';
import { biasOf, weightOperand, weightScalesOf } from '../layer-parameters.ts';
import { linearInputGradient, linearLogits, linearWeightGradient } from '../linear.ts';
import type { LayerGradient, LinearSize } from '../linear.ts';
import type { ProgramGraph } from '../program-graph.ts';
import { quantizationScalars } from '../quantization-scalars.ts';
import { inputQuantizationOf, outputQuantizationOf } from '../site.ts';
import type { Site } from '../site.ts';
import type { OperatorProgram } from './operator-program.ts';

// y[o] = clamp(b[o] + sum over i of w[o, i] x[i]), x flattened in (height, width, channels) order
// dw[o, i] = sum over n of dy[o] x[i];  db[o] = sum over n of dy[o];  dx[i] = sum over o of w[o, i] dy[o]
export const dense: OperatorProgram<'dense'> = {
  forward(graph, site, [x]) {
    const { outputs, inputs } = linearSize(site);
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
    const rows = linearInputGradient(graph, site, linearSize(site), {
      gradient,
      columns: (error) => graph.reshape(error.values, [-1, site.outputShape[2]]),
    });
    return [graph.reshape(rows, [-1, ...site.inputShapes[0]!])];
  },
};

export function denseWeightGradient(
  graph: ProgramGraph,
  site: Site<'dense'>,
  { input, gradient }: { input: string; gradient: string },
): LayerGradient {
  const size = linearSize(site);
  return linearWeightGradient(graph, site, size, {
    gradient,
    columns: () => graph.reshape(input, [-1, size.inputs]),
  });
}

function linearSize({ inputShapes, outputShape }: Site<'dense'>): LinearSize {
  return { groups: 1, outputs: outputShape[2], inputs: sizeOf(inputShapes[0]!), offsets: 1 };
}
