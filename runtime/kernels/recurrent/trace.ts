// What a run of steps leaves behind for its gradients: gates as table entries, two bytes each, and
// the states between steps. Rows are [step, sample]; a step's next state is one step further on.
import type { CarriedState } from './carried-state.ts';
import type { RecurrentLayer } from './recurrent-layer.ts';

export interface Trace {
  readonly batch: number;
  readonly hiddenSize: number;
  /** Table entries of the gates, [steps, batch, rows]. */
  readonly entries: Uint16Array;
  /** What U adds to the tanh gate, in table entries, [steps, batch, hiddenSize]; of a GRU. */
  readonly candidates: Float32Array;
  /** Before each step and after the last, [steps + 1, batch, hiddenSize]. */
  readonly states: Float32Array;
  readonly hidden: Uint8Array;
}

/** Room for `steps` steps, to be used again and again. */
export function traceOf(
  { rows, hiddenSize, kernel }: RecurrentLayer,
  batch: number,
  steps: number,
): Trace {
  return {
    batch,
    hiddenSize,
    entries: new Uint16Array(steps * batch * rows),
    candidates: new Float32Array(kernel.resetsCandidate ? steps * batch * hiddenSize : 0),
    states: new Float32Array((steps + 1) * batch * hiddenSize),
    hidden: new Uint8Array((steps + 1) * batch * hiddenSize),
  };
}

/** Makes the trace begin with `state`. */
export function beginTrace(trace: Trace, { state, hidden }: CarriedState): void {
  trace.states.set(state);
  trace.hidden.set(hidden);
}

/** Writes the state before step `step` of the trace, or after its last one, to `state`. */
export function readTrace(trace: Trace, step: number, { state, hidden }: CarriedState): void {
  const size = state.length;
  state.set(trace.states.subarray(step * size, (step + 1) * size));
  hidden.set(trace.hidden.subarray(step * size, (step + 1) * size));
}
