// A node of the model together with all that writing it into a program takes.
import { inferShapes } from '#runtime';
import type {
  LayerParameters,
  LookupParameters,
  Model,
  Node,
  OperatorName,
  Quantization,
  Shape,
} from '#runtime';

type NodeOf<Name extends OperatorName> = Extract<Node, { operator: Name }>;

export interface Site<Name extends OperatorName> {
  /** Of the node; value `index + 1` is its output. */
  readonly index: number;
  readonly name: string;
  readonly operator: Name;
  readonly attributes: NodeOf<Name>['attributes'];
  readonly inputs: readonly number[];
  readonly inputShapes: readonly Shape[];
  readonly outputShape: Shape;
  readonly inputQuantization: readonly Quantization[];
  /** Null where the node makes float32 logits. */
  readonly outputQuantization: Quantization | null;
  /** As exported; of conv and dense, else null. Only what learning leaves alone may be built in. */
  readonly parameters: LayerParameters | null;
  /** Whether weights and bias are inputs of programs, since learning changes them. */
  readonly isTrained: boolean;
  readonly weightLimit: number;
  /** Of lookup, else null. */
  readonly lookup: LookupParameters | null;
}

export type AnySite = { [Name in OperatorName]: Site<Name> }[OperatorName];
export type LayerSite = Site<'conv'> | Site<'dense'>;

export function isLayerSite(site: AnySite): site is LayerSite {
  return site.operator === 'conv' || site.operator === 'dense';
}

/** One per node, in order. */
export function sitesOf(model: Model, trained: ReadonlySet<number>): readonly AnySite[] {
  const shapes = inferShapes(model.graph);
  return model.graph.nodes.map((node, index) => {
    const site = {
      ...node,
      index,
      inputShapes: node.inputs.map((value) => shapes[value]!),
      outputShape: shapes[index + 1]!,
      inputQuantization: node.inputs.map((value) => model.quantization[value]!),
      outputQuantization: model.quantization[index + 1]!,
      parameters: model.layers.get(index) ?? null,
      isTrained: trained.has(index),
      weightLimit: model.weightLimit,
      lookup: model.lookups.get(index) ?? null,
    };
    return site;
  });
}

/** The one quantised input of an operator that has one input. */
export function inputQuantizationOf({ inputQuantization }: AnySite): Quantization {
  return inputQuantization[0]!;
}

/** Throws TypeError for logits: a mistake of the caller. */
export function outputQuantizationOf({ name, outputQuantization }: AnySite): Quantization {
  if (outputQuantization !== null) return outputQuantization;
  throw new TypeError(`${name}: expected a quantised output, got logits`);
}
