import { InputError } from '../../errors.ts';
import type { OperatorDefinition } from '../operator.ts';
import { showShape } from '../shape.ts';

// y[p] = [a[p], b[p], ...]
export const concat: OperatorDefinition<'concat'> = {
  inferShape(inputs) {
    const [height, width] = inputs[0]!;
    if (inputs.some((input) => input[0] !== height || input[1] !== width)) {
      throw new InputError(
        `concat: expected equal heights and widths, got ${inputs.map(showShape).join(' and ')}`,
      );
    }
    return [height, width, inputs.reduce((channels, input) => channels + input[2], 0)];
  },
  weightShape: () => null,
};
