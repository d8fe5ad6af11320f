import { InputError } from '../../errors.ts';
import type { OperatorDefinition } from '../operator.ts';
import { sameShape, showShape } from '../shape.ts';

// y = a b, b broadcast over height and width where it is 1x1
export const mul: OperatorDefinition<'mul'> = {
  inferShape([a, b]) {
    const perChannel = b![0] === 1 && b![1] === 1 && b![2] === a![2];
    if (!perChannel && !sameShape(a!, b!)) {
      throw new InputError(
        `mul: expected equal shapes or one factor per channel, got ${showShape(a!)} and ${showShape(b!)}`,
      );
    }
    return a!;
  },
  weightShape: () => null,
};
