import { FormatError, windowOutput } from '#runtime';

import { layerParameters } from '../layer-parameters.ts';
import type { OperatorCall } from '../operator-call.ts';
import { importWindow, spatialParts, spatialSignal } from '../spatial-window.ts';
import type { Signal } from '../value.ts';

// Y = W * X + B. Weights [outputs, inputs / groups, kernel...] become [outputs, height, width, inputs / groups].
export function conv(call: OperatorCall): Signal {
  const input = call.floats(0);
  const weights = call.constant(1);
  const parts = spatialParts(call, input);
  const [outputChannels, channels, ...kernel] = weights.tensor.dimensions;
  if (channels === undefined || kernel.length !== parts.length) {
    throw new FormatError(
      `${call.where}: expected weights of ${parts.length + 2} axes, got ${weights.tensor.dimensions.length}`,
    );
  }
  const groups = call.integer('group', 1);
  if (channels * groups !== input.draft.shape[2] || outputChannels! % groups !== 0) {
    throw new FormatError(
      `${call.where}: expected weights for ${input.draft.shape[2]} channels, ` +
        `got ${outputChannels} outputs of ${channels} inputs in ${groups} groups`,
    );
  }
  const { window } = importWindow(call, input, parts, kernel);
  if (window.kernel[0] * window.kernel[1] !== kernel.reduce((size, next) => size * next, 1)) {
    throw new FormatError(
      `${call.where}: expected kernel_shape to be [${kernel.join(', ')}] as its weights, got another`,
    );
  }
  const [height, width] = windowOutput(input.draft.shape, window);
  const layer = layerParameters(
    call,
    weights,
    {
      dimensions: [outputChannels!, channels, ...kernel],
      order: [
        0,
        ...(parts[0] === 'w' && parts.length === 2 ? [3, 2] : kernel.map((_, i) => i + 2)),
        1,
      ],
      outputAxis: 0,
    },
    call.optionalConstant(2),
  );
  const draft = call.make(
    {
      operator: 'conv',
      attributes: { window, outputChannels: outputChannels!, groups, clamp: null },
    },
    [input.draft],
    [height, width, outputChannels!],
    layer,
  );
  return spatialSignal(draft, parts);
}
