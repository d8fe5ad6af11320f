// Every operator in float32, one file each. The mapped types make a missing operator a compile error.
import type { LayerName, OperatorName } from '#runtime';

import type { ProgramGraph } from '../../program-graph.ts';
import type {
  AnyFloatSite,
  FloatBackwardCall,
  FloatLayerSite,
  FloatOperatorProgram,
  FloatSite,
} from '../float-operator.ts';
import { add } from './add.ts';
import { averagePool } from './average-pool.ts';
import { concat } from './concat.ts';
import { conv, floatConvWeightGradient } from './conv.ts';
import { dense, floatDenseWeightGradient } from './dense.ts';
import { embedding } from './embedding.ts';
import { lookup } from './lookup.ts';
import { maxPool } from './max-pool.ts';
import { mul } from './mul.ts';
import { recurrent } from './recurrent.ts';

const programs: { readonly [Name in OperatorName]: FloatOperatorProgram<Name> } = {
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
  site: FloatSite<Name>,
  values: { readonly input: string; readonly gradient: string },
) => string;

const weightGradients: { readonly [Name in LayerName]: WeightGradient<Name> } = {
  conv: floatConvWeightGradient,
  dense: floatDenseWeightGradient,
};

/** Adds the node; returns its value. */
export function addFloatForward<Name extends OperatorName>(
  graph: ProgramGraph,
  site: FloatSite<Name> & AnyFloatSite,
  inputs: readonly string[],
): string {
  return programs[site.operator].forward(graph, site, inputs);
}

/** Adds the node's gradients; returns one per input, null where not wanted. */
export function addFloatBackward<Name extends OperatorName>(
  graph: ProgramGraph,
  site: FloatSite<Name> & AnyFloatSite,
  call: FloatBackwardCall,
): readonly (string | null)[] {
  return programs[site.operator].backward(graph, site, call);
}

/** Adds the gradient of a layer's weights, float32 [outputs, weights per output]. */
export function addFloatWeightGradient<Name extends LayerName>(
  graph: ProgramGraph,
  site: FloatSite<Name> & FloatLayerSite,
  values: { readonly input: string; readonly gradient: string },
): string {
  return weightGradients[site.operator](graph, site, values);
}
