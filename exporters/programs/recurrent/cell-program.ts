// What a cell adds to a program: a step, and its gradient. Values are [n, 1, width] inside a loop and
// [t, n, 1, width] over all steps of a chunk; widths count hidden sizes.
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
  /** In the order of `traceWidths`: what the gradient looks at. */
  readonly trace: readonly string[];
  /** Adds the table index of the keep gate, int32. */
  readonly keepIndex: (() => string) | null;
}

/** Products of the forward's values, made of all steps at once. */
export interface GradientFactors {
  /** float32, each with its width. */
  readonly values: readonly string[];
  readonly widths: readonly number[];
}

export interface GradientCall {
  /** GradientFactors.values at the step. */
  readonly factors: readonly string[];
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
  readonly traceWidths: readonly number[];
  step(graph: ProgramGraph, call: StepCall): CellStep;
  /** `before` is the state before each step. */
  factors(
    graph: ProgramGraph,
    call: {
      readonly trace: readonly string[];
      readonly before: string;
      readonly hiddenSize: number;
    },
  ): GradientFactors;
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
