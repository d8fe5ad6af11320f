import { clampInPlace, gateGradient } from '../clamp.ts';
import type { LayerCall } from '../layer-groups.ts';
import { layerBackward, layerForward } from '../layer-products.ts';
import type { FloatCall, FloatOperator } from '../operator.ts';
import { flatGeometry } from '../patches.ts';

// y[o] = clamp(z[o]),  z[o] = b[o] + sum over i of w[o, i] x[i]
// dz = dy gated by the clamp;  dw[o, i] = sum over n of dz[o] x[i];  db[o] = sum over n of dz[o]
// dx[i] += sum over o of dz[o] w[o, i]
export const dense: FloatOperator<'dense'> = {
  forward(call) {
    layerForward(layerOf(call), call.inputs[0]!.data, call.output.data);
    clampInPlace(call.output.data, call.attributes.clamp);
  },
  backward(call, gradients) {
    const dz = gateGradient(gradients.output, call.output.data, call.attributes.clamp);
    layerBackward(layerOf(call), call.inputs[0]!.data, dz, {
      input: gradients.inputs[0]!,
      parameters: gradients.parameters,
    });
  },
};

function layerOf({ attributes, batch, inputs, parameters }: FloatCall<'dense'>): LayerCall {
  return {
    geometry: flatGeometry(inputs[0]!.shape),
    batch,
    groups: 1,
    outputChannels: attributes.outputChannels,
    parameters: parameters!,
  };
}
