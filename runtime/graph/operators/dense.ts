import type { OperatorDefinition } from '../operator.ts';
import { sizeOf } from '../shape.ts';

// y[o] = clamp(b[o] + sum over i of w[o, i] x[i]), x flattened in (height, width, channels) order
export const dense: OperatorDefinition<'dense'> = {
  inferShape: (_inputs, { outputChannels }) => [1, 1, outputChannels],
  weightShape: ([input], { outputChannels }) => [outputChannels, sizeOf(input!)],
};
