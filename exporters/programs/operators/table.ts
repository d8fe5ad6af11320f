// Every operator, one file each. The mapped types make a missing operator a compile error.
import type { LayerName, OperatorName } from '#runtime';

import type { LayerGradient } from '../linear.ts';
import type { ProgramGraph } from '../program-graph.ts';
import type { AnySite, LayerSite, Site } from '../site.ts';
import { add } from './add.ts';
import { averagePool } from './average-pool.ts';
import { concat } from './concat.ts';
import { conv, convWeightGradient } from './conv.ts';
import { dense, denseWeightGradient } from './dense.ts';
import { embedding } from './embedding.ts';
import { lookup } from './lookup.ts';
import { maxPool } from './max-pool.ts';
import { mul } from './mul.ts';
import type { BackwardCall, OperatorProgram } from './operator-program.ts';
import { recurrent } from './recurrent.ts';

const programs: { readonly [Name in OperatorName]: OperatorProgram<Name> } = {
  conv,
  dense,
  add,
  mul,
  concat,
  maxPool,
  averagePool,
  lookup,
  embedding,
  recurrent,
};

type WeightGradient<Name extends LayerName> = (
  graph: ProgramGraph,
  site: Site<Name>,
  values: { readonly input: string; readonly gradient: string },
) => LayerGradient;

const weightGradients: { readonly [Name in LayerName]: WeightGradient<Name> } = {
  conv: convWeightGradient,
  dense: denseWeightGradient,
};

/** See OperatorProgram. */
export function savesOf({ operator }: AnySite): readonly ('inputs' | 'output')[] {
  return programs[operator].saves;
}

/** Adds the node; returns its value. */
export function addForward<Name extends OperatorName>(
  graph: ProgramGraph,
  site: Site<Name> & AnySite,
  inputs: readonly string[],
): string {
  return programs[site.operator].forward(graph, site, inputs);
}

/** Adds the node's gradients; returns one per input, null where not wanted. */
export function addBackward<Name extends OperatorName>(
  graph: ProgramGraph,
  site: Site<Name> & AnySite,
  call: BackwardCall,
): readonly (string | null)[] {
  return programs[site.operator].backward(graph, site, call);
}

/** Adds the gradient of a layer's weights and bias, from the gated gradient of its output. */
export function addWeightGradient<Name extends LayerName>(
  graph: ProgramGraph,
  site: Site<Name> & LayerSite,
  values: { readonly input: string; readonly gradient: string },
): LayerGradient {
  return weightGradients[site.operator](graph, site, values);
}
