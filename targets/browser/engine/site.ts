// A node with what its programs need to know. Made once when an engine opens; the input was checked
// by the reference kernels, so nothing is checked again here.
import { EngineError, inferShapes } from '#runtime';
import type {
  LookupParameters,
  Model,
  OperatorAttributes,
  OperatorName,
  Quantization,
  Shape,
  ValueId,
} from '#runtime';

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
  /** Of lookup, else null. */
  readonly lookup: LookupParameters | null;
}

/** Operators of sequences run on the kernels: at the size of a step, a draw costs more than the step. */
export type SequenceName = 'embedding' | 'recurrent';

export type AnySite = {
  [Name in Exclude<OperatorName, SequenceName>]: Site<Name>;
}[Exclude<OperatorName, SequenceName>];
export type LayerSite = Site<'conv'> | Site<'dense'>;

export function isLayerSite(site: AnySite): site is LayerSite {
  return site.operator === 'conv' || site.operator === 'dense';
}

export function sitesOf(model: Model): readonly AnySite[] {
  const shapes = inferShapes(model.graph);
  const shapeOf = (value: ValueId): Shape => shapes[value] ?? [0, 0, 0];
  const positions = shapeOf(shapes.length - 1)[0];
  if (positions !== 1) {
    throw new EngineError(`webgl: expected logits of one position, got ${positions}`);
  }
  return model.graph.nodes.map((node, index): AnySite => {
    if (node.operator === 'embedding' || node.operator === 'recurrent') {
      throw new EngineError(
        `${node.name}: expected a model without sequences, got ${node.operator}`,
      );
    }
    return {
      ...node,
      index,
      inputShapes: node.inputs.map(shapeOf),
      outputShape: shapeOf(index + 1),
      inputQuantization: node.inputs.flatMap((value) => model.quantization[value] ?? []),
      outputQuantization: model.quantization[index + 1] ?? null,
      lookup: model.lookups.get(index) ?? null,
    };
  });
}

/** What the checks at opening promise to be there. */
export function present<Item>(item: Item | null | undefined, what: string): Item {
  if (item !== null && item !== undefined) return item;
  throw new EngineError(`webgl: expected ${what}, got none; check the model first`);
}

/** Of a list that has it; `what` says what it is, where that helps. */
export function itemAt<Item>(items: readonly Item[], index: number, what = 'item'): Item {
  return present(items[index], `${what} ${index}`);
}

export function inputShape(site: AnySite, index = 0): Shape {
  return itemAt(site.inputShapes, index, `${site.name}: input`);
}

export function inputQuantization(site: AnySite, index = 0): Quantization {
  return itemAt(site.inputQuantization, index, `${site.name}: quantised input`);
}

export function outputQuantization(site: AnySite): Quantization {
  return present(site.outputQuantization, `${site.name}: a quantised output`);
}

/** Channels come four to a texel. */
export function quadsOf([, , channels]: Shape): number {
  return Math.ceil(channels / 4);
}

/** Samples come four to a texel, as channels do. */
export function groupsOf(batch: number): number {
  return Math.ceil(batch / 4);
}

/** Texels of a value or gradient of `batch` samples. */
export function texelsOf(shape: Shape, batch: number): number {
  return groupsOf(batch) * shape[0] * shape[1] * quadsOf(shape);
}
