// What a cell adds to a program: a step, and its gradient. Values are [n, 1, width]; widths count hidden sizes.
import type { ProgramGraph } from '../program-graph.ts';

export interface StepCall {
  /** What the two maps add, float32 table entries of `gates` hidden sizes. */
  readonly vx: string;
  readonly vh: string;
  /** The carried state, float32. */
  readonly state: string;
  readonly hiddenSize: number;
}

export interface CellStep {
  /** The next state. */
  readonly state: string;
  /** The output before it is quantised. */
  readonly output: string;
  /** What the gradient looks at, float32. */
  readonly trace: readonly string[];
  /** In the order of CellProgram.saved: what the trace is made of again. */
  readonly saved: () => readonly string[];
  /** Adds the table index of the keep gate, int32. */
  readonly keepIndex: (() => string) | null;
}

export interface GradientCall {
  /** Of the step. */
  readonly trace: readonly string[];
  /** The state before the step. */
  readonly before: string;
  /** Of the state after the step: dh_t, and ds where there is a cell state. */
  readonly hidden: string;
  readonly state: string;
  readonly hiddenSize: number;
}

export interface CellGradient {
  /** d as W takes it, and as U takes it where that is another. */
  readonly input: string;
  readonly hidden: string;
  /** Of the hidden state before, as far as it does not go through U. */
  readonly carriedHidden: string | null;
  /** Of the cell state before. */
  readonly carriedState: string | null;
}

export interface CellProgram {
  /** What a step that goes back later keeps: table indices, which take two bytes, rather than values. */
  readonly saved: readonly { readonly type: 'int16' | 'float32'; readonly width: number }[];
  /** False where U takes another d than W. */
  readonly sharesGradient: boolean;
  step(graph: ProgramGraph, call: StepCall): CellStep;
  /** The trace from what was saved; `before` is the state before the step. */
  restore(
    graph: ProgramGraph,
    call: {
      readonly saved: readonly string[];
      readonly before: string;
      readonly hiddenSize: number;
    },
  ): readonly string[];
  gradient(graph: ProgramGraph, call: GradientCall): CellGradient;
}

/** s (1 - s): a sigmoid's slope, by its value. */
export function sigmaSlope(graph: ProgramGraph, value: string): string {
  return graph.multiply(value, oneMinus(graph, value));
}

/** 1 - q^2: a tanh's slope, by its value. */
export function tanhSlope(graph: ProgramGraph, value: string): string {
  return oneMinus(graph, graph.multiply(value, value));
}

export function oneMinus(graph: ProgramGraph, value: string): string {
  return graph.subtract(graph.scalar('float32', 1), value);
}
