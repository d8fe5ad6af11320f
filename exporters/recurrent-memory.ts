// What a recurrent layer takes over the opened model: one chunk of steps at a time, whatever the length of
// the sequence, but for the states that are kept at the starts of chunks where all steps are exact. Terms and
// constants were counted on ONNX Runtime, run by run (cells, sizes, batches and chunks varied).
import { cells, rowsOf } from '#runtime';
import type { OperatorAttributes, Recurrence, Shape } from '#runtime';
import { chunksPerRun, sequenceCalls } from '#runtime/sequences';

type Attributes = OperatorAttributes['recurrent'];

const defaultRecurrence: Recurrence = { exactSteps: 8, earlier: 'gates' };

/** Of one sample while it runs forward: a step's sums and gates, and the state before and after it. */
export function recurrentForwardBytes(attributes: Attributes): number {
  return 8 * rowsOf(attributes) + 2 * stateBytes(attributes);
}

// What was counted of any run, whatever the layer's size: nodes, frames and the objects of the binding; loops have more.
const runBytes = 2 ** 15;
const loopBytes = 2 ** 14;

/**
 * While it learns from a batch, in the programs of exporters/programs/recurrent: the most of the runs that follow one
 * another. A run on a chunk holds its steps' states, gates and gradients, then the product that is added to a sum, as
 * int32 and float32, beside the transposed weights, the kept states and what is carried. One that takes several chunks
 * holds the sums twice more, as its loop carries them. The last run makes new weights of the sums.
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
  const { cell, hiddenSize, output } = attributes;
  const [steps, , features] = input;
  const plan = recurrence ?? defaultRecurrence;
  const rows = rowsOf(attributes);
  const { forward, learn } = sequenceCalls(plan, steps, output);
  const kept = forward.filter(({ keep }) => keep).length;
  const longest = (kind: 'exact' | 'gates'): number =>
    Math.max(0, ...learn.map(({ call, from, to }) => (call === kind ? to - from : 0)));
  const [exact, gates] = [longest('exact'), longest('gates')];
  // Of a step: W and U of a GRU take different gradients, and it keeps a product beside its gates.
  const isGru = cell === 'gru';
  const gradients = (isGru ? 8 : 4) * rows;
  const values = features + hiddenSize;
  const saved = 4 * hiddenSize + 2 * rows + (isGru ? 4 * hiddenSize : 0);
  const ofChunk = Math.max(
    exact * (values + saved + gradients) + 24 * rows,
    gates * (values + gradients) + (gates > 0 ? 32 * rows : 0),
    passesOn ? Math.max(exact, gates) * (values + gradients + 5 * rows) : 0,
  );
  const largest = rows * Math.max(features, hiddenSize);
  const ofSums = batch * Math.max(exact, gates) * (values + rows) + 8 * largest;
  const carried = batch * ((kept + 2) * stateBytes(attributes) + 16 * hiddenSize);
  // Truncated, a chunk has a run of its own.
  const loopsOverSums = plan.earlier !== 'none' && chunksPerRun(forward.length) > 1;
  const loops = loopsOverSums ? 8 * rows * (values + 2) : 0;
  const atInput = passesOn ? 4 * batch * steps * features : 0;
  const ofRuns = carried + rows * values + loops + Math.max(batch * ofChunk, ofSums);
  return (
    runBytes +
    Math.max(
      loopBytes + ofRuns + (learn.length > 1 ? atInput : 0),
      12 * largest + 16 * rows + atInput,
    )
  );
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
