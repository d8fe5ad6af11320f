import { sizeOf } from '../graph/shape.ts';
import type { LayerKernel } from './layer-kernel.ts';
import {
  linearForward,
  linearInputGradient,
  linearLogits,
  linearWeightGradient,
} from './linear.ts';
import type { Site } from './site.ts';
import type { WindowGeometry } from './window-sums.ts';

// y[o] = clamp(b[o] + sum over i of w[o, i] x[i])
// dw[o, i] = sum over n of dy[o] x[i];  db[o] = sum over n of dy[o];  dx[i] = sum over o of w[o, i] dy[o]
// A dense layer is a window of one offset over one position, whose channels are the flattened input.
export const dense: LayerKernel<'dense'> = {
  forward: (site, [x], batch) => linearForward(site, forwards(site), x!, batch),
  logits: (site, x, batch) => linearLogits(site, forwards(site), x, batch),
  weightGradient: (site, x, gradient, batch) =>
    linearWeightGradient(site, forwards(site), x, gradient, batch),
  backward: (site, { gradient, batch, wanted }) => [
    wanted[0]! ? linearInputGradient(site, backwards(site), gradient, batch) : null,
  ],
};

const onePosition = { table: Int32Array.of(0), positions: 1, offsets: 1, inputs: 1, groups: 1 };

function forwards({ inputShapes, outputShape }: Site<'dense'>): WindowGeometry {
  return { ...onePosition, channels: sizeOf(inputShapes[0]!), rows: outputShape[2] };
}

function backwards({ inputShapes, outputShape }: Site<'dense'>): WindowGeometry {
  return { ...onePosition, channels: outputShape[2], rows: sizeOf(inputShapes[0]!) };
}
