import type { FloatCall, FloatOperator } from '../operator.ts';
import { addInputGradient, addParameterGradients, throughTime } from '../recurrent/backward.ts';
import { floatMaps } from '../recurrent/maps.ts';
import { stepAt, traceRecurrent } from '../recurrent/trace.ts';
import type { RecurrentCall } from '../recurrent/trace.ts';

// (s, h)[t] = cell(W x[t] + b, U h[t-1] + c, s[t-1]); the gradient goes back through all steps
export const recurrent: FloatOperator<'recurrent'> = {
  forward(call) {
    const { sizes, h } = traceRecurrent(recurrentCall(call));
    const { batch, samples, steps, hidden, paddedHidden } = sizes;
    const { attributes, output } = call;
    const positions = attributes.output === 'sequence' ? steps : 1;
    for (let n = 0; n < batch; n++) {
      for (let p = 0; p < positions; p++) {
        const t = positions === 1 ? steps - 1 : stepAt(p, steps, attributes);
        const from = ((t + 1) * samples + n) * paddedHidden;
        output.data.set(h.subarray(from, from + hidden), (n * positions + p) * hidden);
      }
    }
  },
  backward(call, gradients) {
    const { attributes } = call;
    const trace = traceRecurrent(recurrentCall(call));
    const { input, hidden } = floatMaps(call.parameters!, attributes, trace.sizes.features);
    const all = throughTime(trace, attributes, { gy: gradients.output, hidden });
    if (gradients.parameters !== null) {
      addParameterGradients(trace, attributes, all, gradients.parameters);
    }
    const dx = gradients.inputs[0]!;
    if (dx !== null) addInputGradient(trace, attributes, all, { input, dx });
  },
};

function recurrentCall({
  attributes,
  batch,
  inputs,
  parameters,
}: FloatCall<'recurrent'>): RecurrentCall {
  return { attributes, batch, input: inputs[0]!, parameters: parameters! };
}
