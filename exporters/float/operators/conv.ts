import type { OperatorAttributes } from '#runtime';

import { clampInPlace, gateGradient } from '../clamp.ts';
import { depthwiseBackward, depthwiseForward } from '../depthwise.ts';
import type { LayerCall } from '../layer-groups.ts';
import { layerBackward, layerForward } from '../layer-products.ts';
import type { FloatCall, FloatOperator } from '../operator.ts';
import { windowGeometry } from '../patches.ts';

// y[p, o] = clamp(z[p, o]),  z[p, o] = b[o] + sum over k, c of w[o, k, c] x[gather(p, k), c]
// dz = dy gated by the clamp
// dw[o, k, c] = sum over n, p of dz[p, o] x[gather(p, k), c];  db[o] = sum over n, p of dz[p, o]
// dx[gather(p, k), c] += sum over o of dz[p, o] w[o, k, c]
export const conv: FloatOperator<'conv'> = {
  forward(call) {
    const layer = layerOf(call);
    const forward = isDepthwise(call.attributes, layer) ? depthwiseForward : layerForward;
    forward(layer, call.inputs[0]!.data, call.output.data);
    clampInPlace(call.output.data, call.attributes.clamp);
  },
  backward(call, gradients) {
    const layer = layerOf(call);
    const dz = gateGradient(gradients.output, call.output.data, call.attributes.clamp);
    const backward = isDepthwise(call.attributes, layer) ? depthwiseBackward : layerBackward;
    backward(layer, call.inputs[0]!.data, dz, {
      input: gradients.inputs[0]!,
      parameters: gradients.parameters,
    });
  },
};

function layerOf({ attributes, batch, inputs, parameters }: FloatCall<'conv'>): LayerCall {
  return {
    geometry: windowGeometry(inputs[0]!.shape, attributes.window),
    batch,
    groups: attributes.groups,
    outputChannels: attributes.outputChannels,
    parameters: parameters!,
  };
}

function isDepthwise(
  { groups, outputChannels }: OperatorAttributes['conv'],
  { geometry }: LayerCall,
): boolean {
  return groups > 1 && groups === geometry.channels && groups === outputChannels;
}
