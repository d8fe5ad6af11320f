// How weights and biases enter a program. A trained layer's are inputs, so that the same arrays can
// take the new ones; a frozen layer's stand outside the program, once for all programs of a package.
import type { ProgramGraph } from './program-graph.ts';
import type { LayerSite } from './site.ts';

/** A matrix of 8-bit integers as integer products take it. */
export interface Operand {
  /** int8 with zero point 0, or uint8 with zero point 128. */
  readonly value: string;
  readonly zeroPoint: string;
}

/** Largest |factor| whose int8 products with uint8 do not saturate on a CPU without VNNI. */
const exactLimit = 64;

/** int8 [outputs, weights per output], as the model holds them. */
export function weightsOf(graph: ProgramGraph, site: LayerSite): string {
  const parameters = parametersOf(site);
  const outputs = parameters.weightScales.length;
  const perOutput = parameters.weights.length / outputs;
  return outside(graph, site, { kind: 'weights', type: 'int8', dimensions: [outputs, perOutput] });
}

/** int32 [outputs]. */
export function biasOf(graph: ProgramGraph, site: LayerSite): string {
  const outputs = parametersOf(site).weightScales.length;
  return outside(graph, site, { kind: 'bias', type: 'int32', dimensions: [outputs] });
}

export function weightOperand(graph: ProgramGraph, site: LayerSite): Operand {
  return integerOperand(graph, weightsOf(graph, site), site.weightLimit);
}

/** `matrix` int8, shifted to uint8 where values beyond 64 could saturate. */
export function integerOperand(graph: ProgramGraph, matrix: string, limit: number): Operand {
  if (limit <= exactLimit) return { value: matrix, zeroPoint: graph.scalar('int8', 0) };
  const value = graph.once(`shifted:${matrix}`, () =>
    graph.node('BitwiseXor', [graph.cast(matrix, 'uint8'), graph.scalar('uint8', 128)]),
  );
  return { value, zeroPoint: graph.scalar('uint8', 128) };
}

/** float32 [outputs]: real weight = scale * weight. */
export function weightScalesOf(graph: ProgramGraph, site: LayerSite): string {
  const { weightScales } = parametersOf(site);
  return graph.once(`scales:${site.index}`, () =>
    graph.vector(`weightScales:${site.index}`, weightScales),
  );
}

/** The same, repeated along a row of output positions: products with long vectors are fast. */
export function weightScaleTile(graph: ProgramGraph, site: LayerSite): string {
  const [, width, channels] = site.outputShape;
  return graph.once(`scaleTile:${site.index}`, () =>
    graph.node('Expand', [weightScalesOf(graph, site), graph.int64([width, channels])]),
  );
}

export function parametersOf(site: LayerSite): NonNullable<LayerSite['parameters']> {
  if (site.parameters !== null) return site.parameters;
  throw new TypeError(`${site.name}: expected a layer with weights, got none`);
}

/** A layer's array, or a part of it. */
interface LayerTensor {
  readonly kind: 'weights' | 'bias';
  readonly type: 'int8' | 'int32';
  readonly dimensions: readonly number[];
  /** Of a recurrent layer, which has two matrices. */
  readonly part?: 'input' | 'hidden';
  /** Elements before it in the layer's array. */
  readonly offset?: number;
}

/** `<kind>:<node>`, or `<kind>:<node>/<part>`. */
export function outside(
  graph: ProgramGraph,
  { index, isTrained }: Pick<LayerSite, 'index' | 'isTrained'>,
  { kind, type, dimensions, part, offset = 0 }: LayerTensor,
): string {
  const name = part === undefined ? `${kind}:${index}` : `${kind}:${index}/${part}`;
  if (isTrained) return graph.sharedInput(name, type, dimensions);
  const elements = dimensions.reduce((total, size) => total * size, 1);
  const bytes = type === 'int8' ? 1 : 4;
  return graph.once(name, () =>
    graph.external(name, type, dimensions, {
      location: `${kind}-${index}.bin`,
      offset: offset * bytes,
      length: elements * bytes,
    }),
  );
}
