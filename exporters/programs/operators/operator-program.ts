// What an operator's file adds to a program: its forward, and its gradient next to it.
import type { OperatorName } from '#runtime';

import type { ProgramGraph } from '../program-graph.ts';
import type { Site } from '../site.ts';

/** Names of values; uint8 [n, height, width, channels], gradients float32 of the same shape. */
export interface BackwardCall {
  readonly inputs: readonly string[];
  readonly output: string;
  /** Of the output, gated already where the operator has a clamp. */
  readonly gradient: string;
  /** One per input; only these gradients are added. */
  readonly wanted: readonly boolean[];
}

export interface OperatorProgram<Name extends OperatorName> {
  /** The values of the forward that the gradients look at, the gate's not counted. */
  readonly saves: readonly ('inputs' | 'output')[];
  /** Adds the node and returns its value. */
  forward(graph: ProgramGraph, site: Site<Name>, inputs: readonly string[]): string;
  /** Gradients of the inputs; null where not wanted. */
  backward(graph: ProgramGraph, site: Site<Name>, call: BackwardCall): readonly (string | null)[];
}
