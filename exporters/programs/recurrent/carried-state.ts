// What goes from step to step, as inputs of programs.
import { rowsOf } from '#runtime';

import type { ProgramGraph } from '../program-graph.ts';
import type { Site } from '../site.ts';
import type { BodyValue } from './scan.ts';

export interface CarriedState {
  /** uint8 [n, 1, hidden size], in hiddenQuantization. */
  readonly hidden: string;
  /** float32 [n, 1, hidden size]. */
  readonly state: string;
}

/** The inputs `hidden:<node>` and `state:<node>`. */
export function stateInputs(graph: ProgramGraph, site: Site<'recurrent'>): CarriedState {
  const dimensions = ['n', 1, site.attributes.hiddenSize];
  return {
    hidden: graph.sharedInput(`hidden:${site.index}`, 'uint8', dimensions),
    state: graph.sharedInput(`state:${site.index}`, 'float32', dimensions),
  };
}

/** `firsts:<node>`: int32 [n], the position at which each sample begins. */
export function firstsInput(graph: ProgramGraph, { index }: Site<'recurrent'>): string {
  return graph.sharedInput(`firsts:${index}`, 'int32', ['n']);
}

/** Declares the outputs `nextHidden:<node>` and `nextState:<node>`. */
export function stateOutputs(
  graph: ProgramGraph,
  site: Site<'recurrent'>,
  { hidden, state }: CarriedState,
): void {
  const dimensions = ['n', 1, site.attributes.hiddenSize];
  graph.node('Identity', [hidden], { output: `nextHidden:${site.index}` });
  graph.output(`nextHidden:${site.index}`, 'uint8', dimensions);
  graph.node('Identity', [state], { output: `nextState:${site.index}` });
  graph.output(`nextState:${site.index}`, 'float32', dimensions);
}

/** The same inputs and outputs as what a loop carries. */
export function carriedStates(graph: ProgramGraph, site: Site<'recurrent'>): readonly BodyValue[] {
  const { hidden, state } = stateInputs(graph, site);
  const dimensions = ['n', 1, site.attributes.hiddenSize];
  return [
    { value: hidden, type: 'uint8', dimensions, result: `nextHidden:${site.index}` },
    { value: state, type: 'float32', dimensions, result: `nextState:${site.index}` },
  ];
}

export function sizesOf(site: Site<'recurrent'>): {
  readonly hiddenSize: number;
  readonly rows: number;
  readonly features: number;
} {
  const { attributes, inputShapes } = site;
  return {
    hiddenSize: attributes.hiddenSize,
    rows: rowsOf(attributes),
    features: inputShapes[0]![2],
  };
}
