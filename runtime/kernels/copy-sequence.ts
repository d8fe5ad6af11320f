import type { RecurrentState, Sequence } from '../engine.ts';

export function copyState({ hidden, state }: RecurrentState): RecurrentState {
  return { hidden: hidden.slice(), state: state.slice() };
}

/** With arrays of its own. */
export function copySequence(sequence: Sequence | undefined): Sequence | undefined {
  if (sequence === undefined) return undefined;
  const { lengths, state } = sequence;
  return {
    lengths: lengths?.slice(),
    state: state && new Map(Array.from(state, ([node, own]) => [node, copyState(own)])),
  };
}
