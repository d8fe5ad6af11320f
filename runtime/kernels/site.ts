// A node with all that its kernel needs to know: shapes, quantization, weights. Made once when an
// engine opens; the kernels themselves keep nothing.
import { EngineError } from '../errors.ts';
import { inferShapes } from '../graph/graph.ts';
import type { ValueId } from '../graph/graph.ts';
import { isOfSequences } from '../graph/has-sequences.ts';
import type { LayerParameters, LookupParameters, Model, Quantization } from '../graph/model.ts';
import type { OperatorAttributes, OperatorName } from '../graph/operator.ts';
import type { Shape } from '../graph/shape.ts';
import type { SequenceKernel } from './sequence-kernel.ts';

export interface Site<Name extends OperatorName> {
  readonly index: number;
  readonly name: string;
  readonly operator: Name;
  readonly attributes: OperatorAttributes[Name];
  readonly inputs: readonly ValueId[];
  readonly inputShapes: readonly Shape[];
  readonly outputShape: Shape;
  readonly inputQuantization: readonly Quantization[];
  /** Null where the node makes float32 logits. */
  readonly outputQuantization: Quantization | null;
  /** Of conv, dense and recurrent, else null. */
  readonly parameters: LayerParameters | null;
  /** Of lookup and embedding, else null. */
  readonly lookup: LookupParameters | null;
  /** Of recurrent and embedding, else null or absent. */
  readonly sequences?: SequenceKernel | null;
}

export type AnySite = { [Name in OperatorName]: Site<Name> }[OperatorName];
export type LayerSite = Site<'conv'> | Site<'dense'>;

export function isLayerSite(site: AnySite): site is LayerSite {
  return site.operator === 'conv' || site.operator === 'dense';
}

export function isRecurrentSite(site: AnySite): site is Site<'recurrent'> {
  return site.operator === 'recurrent';
}

/** Throws EngineError for a node of sequences where `sequences` is null. */
export function sitesOf(
  model: Model,
  parameters: ReadonlyMap<number, LayerParameters>,
  sequences: SequenceKernel | null = null,
): readonly AnySite[] {
  const shapes = inferShapes(model.graph);
  const sites = model.graph.nodes.map((node, index): AnySite => ({
    ...node,
    index,
    inputShapes: node.inputs.map((value) => shapes[value]!),
    outputShape: shapes[index + 1]!,
    inputQuantization: node.inputs.map((value) => model.quantization[value]!),
    outputQuantization: model.quantization[index + 1]!,
    parameters: parameters.get(index) ?? null,
    lookup: model.lookups.get(index) ?? null,
    sequences: isOfSequences(node) ? sequences : null,
  }));
  for (const site of sites) if (isOfSequences(site)) sequencesOf(site);
  return sites;
}

export function quantizationOf(site: AnySite): Quantization {
  return site.outputQuantization ?? refuse(site, 'a quantised output');
}

export function parametersOf(site: LayerSite | Site<'recurrent'>): LayerParameters {
  return site.parameters ?? refuse(site, 'weights');
}

export function sequencesOf(site: Site<'recurrent' | 'embedding'>): SequenceKernel {
  return site.sequences ?? refuse(site, 'the kernel of sequences');
}

function refuse(site: { readonly name: string }, expected: string): never {
  throw new EngineError(`${site.name}: expected ${expected}, got none; check the model first`);
}
