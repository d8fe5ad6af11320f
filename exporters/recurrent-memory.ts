// What a recurrent layer takes over the opened model: one chunk of steps at a time, whatever the length of
// the sequence, but for the states that are kept at the starts of chunks where all steps are exact.
import { cells, rowsOf } from '#runtime';
import type { OperatorAttributes, Recurrence, Shape } from '#runtime';
import { sequenceCalls } from '#runtime/sequences';

type Attributes = OperatorAttributes['recurrent'];

const defaultRecurrence: Recurrence = { exactSteps: 8, earlier: 'gates' };

/** Of one sample while it runs forward: a step's sums and gates, and the state before and after it. */
export function recurrentForwardBytes(attributes: Attributes): number {
  return 8 * rowsOf(attributes) + 2 * stateBytes(attributes);
}

/**
 * While it learns from a batch: of a chunk the gates, states and gradients in float32 and the gradients in 8
 * bits; the kept states; what is carried between chunks; the sums of the weights' gradients, and their step.
 */
export function recurrentUpdateBytes(
  attributes: Attributes,
  input: Shape,
  options: {
    readonly batch: number;
    readonly recurrence: Recurrence | null;
    readonly passesOn: boolean;
  },
): number {
  const { batch, recurrence, passesOn } = options;
  const { hiddenSize, output } = attributes;
  const [steps, , features] = input;
  const plan = recurrence ?? defaultRecurrence;
  const rows = rowsOf(attributes);
  const { forward } = sequenceCalls(plan, steps, output);
  const kept = forward.filter(({ keep }) => keep).length;
  const chunk = Math.max(...forward.map(({ from, to }) => to - from));
  // W and U of a GRU take different gradients.
  const gradients = (attributes.cell === 'gru' ? 2 : 1) * 5 * rows;
  const perSample =
    chunk * (4 * rows + gradients + stateBytes(attributes) + features) +
    (kept + 2) * stateBytes(attributes) +
    16 * hiddenSize +
    (passesOn ? 4 * steps * features : 0);
  return batch * perSample + 12 * rows * (features + hiddenSize);
}

/** Numbers that backpropagation keeps: gates and states of every step. */
export function keptByBackprop(attributes: Attributes, [steps]: Shape): number {
  const states = cells[attributes.cell].hasCellState ? 3 : 1;
  return steps * (rowsOf(attributes) + states * attributes.hiddenSize);
}

/** The hidden state in 8 bits and the carried one in float32. */
function stateBytes({ hiddenSize }: Attributes): number {
  return 5 * hiddenSize;
}
