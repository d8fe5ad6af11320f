import { InputError } from '../../errors.ts';
import type { OperatorDefinition } from '../operator.ts';
import { showShape } from '../shape.ts';
import { windowOutput } from '../window.ts';

// y[p, o] = clamp(b[o] + sum over k, c of w[o, k, c] x[gather(p, k), c])
export const conv: OperatorDefinition<'conv'> = {
  inferShape([input], { window, outputChannels, groups }) {
    const [height, width] = windowOutput(input!, window);
    if (height < 1 || width < 1) {
      throw new InputError(
        `conv: expected an input at least as large as the window, got ${showShape(input!)}`,
      );
    }
    if (input![2] % groups !== 0 || outputChannels % groups !== 0) {
      throw new InputError(
        `conv: expected channels divisible by ${groups} groups, got ${input![2]} in, ${outputChannels} out`,
      );
    }
    return [height, width, outputChannels];
  },
  weightShape([input], { window, outputChannels, groups }) {
    return [outputChannels, window.kernel[0], window.kernel[1], input![2] / groups];
  },
};
