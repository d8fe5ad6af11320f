import { gatherTable, scatterTable } from '../graph/window.ts';
import type { LayerKernel } from './layer-kernel.ts';
import {
  linearForward,
  linearInputGradient,
  linearLogits,
  linearWeightGradient,
} from './linear.ts';
import type { Site } from './site.ts';
import type { WindowGeometry } from './window-sums.ts';

// y[p, o] = clamp(b[o] + sum over k, c of w[o, k, c] x[gather(p, k), c])
// dw[o, k, c] = sum over n, p of dy[p, o] x[gather(p, k), c];  db[o] = sum over n, p of dy[p, o]
// dx[q, c] = sum over k, o of w[o, k, c] dy[scatter(q, k), o]
// Groups, depthwise included, stride, dilation and padding are all in the geometry.
export const conv: LayerKernel<'conv'> = {
  forward: (site, [x], batch) => linearForward(site, gathered(site), x!, batch),
  logits: (site, x, batch) => linearLogits(site, gathered(site), x, batch),
  weightGradient: (site, x, gradient, batch) =>
    linearWeightGradient(site, gathered(site), x, gradient, batch),
  backward: (site, { gradient, batch, wanted }) => [
    wanted[0]! ? linearInputGradient(site, scattered(site), gradient, batch) : null,
  ],
};

function gathered({ attributes, inputShapes, outputShape }: Site<'conv'>): WindowGeometry {
  const [height, width, channels] = inputShapes[0]!;
  const { window, groups } = attributes;
  return {
    table: gatherTable(inputShapes[0]!, window),
    positions: outputShape[0] * outputShape[1],
    offsets: window.kernel[0] * window.kernel[1],
    inputs: height * width,
    channels,
    rows: outputShape[2],
    groups,
  };
}

/** The same window seen from the input: each position q reads the errors of the outputs that read q. */
function scattered({ attributes, inputShapes, outputShape }: Site<'conv'>): WindowGeometry {
  const [height, width, channels] = inputShapes[0]!;
  const { window, groups } = attributes;
  return {
    table: scatterTable(inputShapes[0]!, window),
    positions: height * width,
    offsets: window.kernel[0] * window.kernel[1],
    inputs: outputShape[0] * outputShape[1],
    channels: outputShape[2],
    rows: channels,
    groups,
  };
}
