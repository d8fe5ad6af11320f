// The states that go from step to step, and where the samples of a batch begin.
import type { RecurrentState, Sequence } from '../../engine.ts';
import { InputError } from '../../errors.ts';
import { cells } from '../../graph/cell.ts';
import { copyState } from '../copy-sequence.ts';
import type { Site } from '../site.ts';
import { quantizeHidden } from './gate-tables.ts';

/** A RecurrentState of its own, overwritten as steps pass; both [batch, hiddenSize]. */
export type CarriedState = RecurrentState;

/** The state before the first step, fresh: that of `sequence`, else the layer's initial one. */
export function startState(
  { attributes, index, name }: Site<'recurrent'>,
  batch: number,
  sequence: Sequence | undefined,
): CarriedState {
  const { hiddenSize, initialState, cell } = attributes;
  const size = batch * hiddenSize;
  if (sequence?.state !== undefined) {
    const given = sequence.state.get(index);
    if (given?.hidden.length === size && given.state.length === size) return copyState(given);
    throw new InputError(
      `${name}: expected a state of ${batch} x ${hiddenSize}, got ${given?.hidden.length ?? 'none'}; pass the states that predictStep returned, of the same batch`,
    );
  }
  const carried = cells[cell].hasCellState ? initialState.slice(hiddenSize) : initialState;
  const [hidden, state] = [new Uint8Array(size), new Float32Array(size)];
  for (let i = 0; i < size; i++) {
    hidden[i] = quantizeHidden(Math.fround(initialState[i % hiddenSize] ?? 0));
    state[i] = carried[i % hiddenSize] ?? 0;
  }
  return { hidden, state };
}

/**
 * First position of each sample in a layer of `steps` steps. A sample of length l of the model's own
 * `inputSteps` has ceil(l * steps / inputSteps) of them, the last ones.
 */
export function firstPositions(
  lengths: Int32Array | undefined,
  batch: number,
  steps: number,
  inputSteps: number,
): Int32Array {
  const first = new Int32Array(batch);
  if (lengths === undefined) return first;
  return first.map((_, n) => steps - Math.ceil((lengths[n]! * steps) / inputSteps));
}
