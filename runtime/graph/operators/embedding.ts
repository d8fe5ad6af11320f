import { InputError } from '../../errors.ts';
import type { OperatorDefinition } from '../operator.ts';
import { showShape } from '../shape.ts';

// y[p, e] = table[x[p], e]
export const embedding: OperatorDefinition<'embedding'> = {
  inferShape([input], { size }) {
    if (input![2] !== 1) {
      throw new InputError(`embedding: expected one token a position, got ${showShape(input!)}`);
    }
    return [input![0], input![1], size];
  },
  weightShape: () => null,
};
