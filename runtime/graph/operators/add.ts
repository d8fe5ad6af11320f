import { InputError } from '../../errors.ts';
import type { OperatorDefinition } from '../operator.ts';
import { sameShape, showShape } from '../shape.ts';

// y = clamp(a + b)
export const add: OperatorDefinition<'add'> = {
  inferShape([a, b]) {
    if (!sameShape(a!, b!)) {
      throw new InputError(`add: expected equal shapes, got ${showShape(a!)} and ${showShape(b!)}`);
    }
    return a!;
  },
  weightShape: () => null,
};
