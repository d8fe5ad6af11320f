// What a cell computes at one step of one sample, forward and back.
import type { Trace } from './trace.ts';

/** The gradient of a sample's states as it goes back; every array is [batch, hiddenSize]. */
export interface CarriedGradient {
  /** Of the hidden state. */
  readonly hidden: Float32Array;
  /** Of the cell state; not used where there is none. */
  readonly state: Float32Array;
}

/** Gradients at the gates before they are squashed; both [steps, batch, rows]. */
export interface GateGradients {
  /** As W takes them. */
  readonly input: Float32Array;
  /** As U takes them; the same array where they are the same. */
  readonly hidden: Float32Array;
}

export interface CellKernel {
  /** True where a gate multiplies what U adds to the tanh gate (GRU): U takes another gradient than W there. */
  readonly resetsCandidate: boolean;
  /**
   * Row `row` of the trace is this step of this sample. Reads the state there, writes its gates, and
   * the next state to row `row + trace.batch`. `vx` and `vh` are the two maps' sums, in table entries.
   */
  forward(trace: Trace, row: number, vx: Float32Array, vh: Float32Array): void;
  /**
   * Writes `gates` at `row` from the gradient `carried` of the state after the step, of sample `n`.
   * Leaves there that of the state before it, as far as it does not go through U.
   */
  backward(
    trace: Trace,
    row: number,
    carried: CarriedGradient,
    n: number,
    gates: GateGradients,
  ): void;
}
