import { InputError } from '../../errors.ts';
import { cells } from '../cell.ts';
import type { OperatorDefinition } from '../operator.ts';
import { showShape } from '../shape.ts';

// (s, h)[t] = cell(W x[t] + b, U h[t-1] + c, s[t-1]); y = h of every step, or of the last one
export const recurrent: OperatorDefinition<'recurrent'> = {
  inferShape([input], { cell, hiddenSize, output, initialState }) {
    if (input![1] !== 1) {
      throw new InputError(
        `recurrent: expected a sequence, steps x 1 x features, got ${showShape(input!)}`,
      );
    }
    const state = (cells[cell].hasCellState ? 2 : 1) * hiddenSize;
    if (initialState.length !== 0 && initialState.length !== state) {
      throw new InputError(
        `recurrent: expected an initial state of ${state} values or none, got ${initialState.length}`,
      );
    }
    return [output === 'sequence' ? input![0] : 1, 1, hiddenSize];
  },
  weightShape: () => null,
};
