// The state a recurrent layer starts from, where the file has a constant for it.
import { cells, FormatError } from '#runtime';
import type { CellName } from '#runtime';

import { floatsOf } from './numbers.ts';
import type { OperatorCall } from './operator-call.ts';

interface StateLayout {
  readonly directions: number;
  readonly hiddenSize: number;
  readonly isBatchFirst: boolean;
}

/** By direction: the hidden state, then the cell state where there is one; empty for zeros. */
export function initialStates(
  call: OperatorCall,
  cell: CellName,
  layout: StateLayout,
): readonly (readonly number[])[] {
  const hidden = stateAt(call, 5, layout);
  const own = cells[cell].hasCellState ? stateAt(call, 6, layout) : null;
  return Array.from({ length: layout.directions }, (_, direction) => {
    const zeros = Array.from({ length: layout.hiddenSize }, () => 0);
    const state = [
      ...(hidden?.[direction] ?? zeros),
      ...(cells[cell].hasCellState ? (own?.[direction] ?? zeros) : []),
    ];
    return state.some((value) => value !== 0) ? state : [];
  });
}

/** [directions, batch, hidden], or batch first: one state for all samples; null where it is left out. */
function stateAt(
  call: OperatorCall,
  index: number,
  { directions, hiddenSize, isBatchFirst }: StateLayout,
): number[][] | null {
  const input = call.optionalConstant(index);
  if (input === null) return null;
  const { dimensions } = input.tensor;
  const values = floatsOf(input.tensor);
  const batch = dimensions[isBatchFirst ? 0 : 1] ?? 0;
  const expected = isBatchFirst ? [batch, directions, hiddenSize] : [directions, batch, hiddenSize];
  if (dimensions.join() !== expected.join() || batch < 1) {
    throw new FormatError(
      `${call.where}: expected an initial state of [${expected.join(', ')}], got [${dimensions.join(', ')}]`,
    );
  }
  const at = (direction: number, sample: number): Float32Array => {
    const row = isBatchFirst ? sample * directions + direction : direction * batch + sample;
    return values.subarray(row * hiddenSize, (row + 1) * hiddenSize);
  };
  return Array.from({ length: directions }, (_, direction) => {
    const first = at(direction, 0);
    for (let sample = 1; sample < batch; sample++) {
      if (at(direction, sample).some((value, j) => value !== first[j])) {
        call.refuse('one initial state for all samples', 'several', 'a batch of 1');
      }
    }
    return [...first];
  });
}
