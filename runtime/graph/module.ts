// A module is a run of nodes between two cuts: one value goes in, one comes out, and nothing else
// crosses. It is the unit of memory: while learning, only one module's activations are alive.
import type { ValueId } from './graph.ts';

export interface Module {
  /** Name of the module's first layer, or of its first node where it has none. */
  readonly name: string;
  /** First node, and one past the last. */
  readonly from: number;
  readonly to: number;
}

/** The value a module reads: what the node before it made, or the graph's input. */
export function moduleInput({ from }: Module): ValueId {
  return from;
}

/** The value a module makes. */
export function moduleOutput({ to }: Module): ValueId {
  return to;
}
