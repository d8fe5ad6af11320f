// The two linear maps of a recurrent layer, as programs compute them.
// n sample, t step, o row (gate and hidden unit), c column.
import { cells, hiddenQuantization, linearMaps } from '#runtime';
import type { LayerParameters, Quantization } from '#runtime';

import { integerOperand, outside } from '../layer-parameters.ts';
import type { ProgramGraph } from '../program-graph.ts';
import { inputQuantizationOf } from '../site.ts';
import type { Site } from '../site.ts';

/** One of the maps. */
export interface MapSite {
  readonly site: Site<'recurrent'>;
  readonly part: 'input' | 'hidden';
  /** Views of the layer's arrays. */
  readonly parameters: LayerParameters;
  /** Of what it multiplies. */
  readonly quantization: Quantization;
  readonly columns: number;
}

/** A map ready for products with uint8 rows. */
export interface PreparedMap {
  readonly zeroPoint: string;
  /** int8 or uint8 [c, o], and its zero point. */
  readonly matrix: string;
  readonly matrixZeroPoint: string;
  readonly bias: string;
  /** From integer sums to table entries: float32 [o]. */
  readonly multipliers: string;
}

export function mapsOf(site: Site<'recurrent'>): Record<'input' | 'hidden', MapSite> {
  const { attributes, inputShapes, name, parameters } = site;
  if (parameters === null) throw new TypeError(`${name}: expected a layer with weights, got none`);
  const features = inputShapes[0]![2];
  const maps = linearMaps(parameters, attributes, features);
  return {
    input: {
      site,
      part: 'input',
      parameters: maps.input,
      quantization: inputQuantizationOf(site),
      columns: features,
    },
    hidden: {
      site,
      part: 'hidden',
      parameters: maps.hidden,
      quantization: hiddenQuantization,
      columns: attributes.hiddenSize,
    },
  };
}

/** int8 [o, c]: `weights:<node>/<part>`. */
export function mapWeights(
  graph: ProgramGraph,
  { site, part, parameters, columns }: MapSite,
): string {
  const rows = parameters.weightScales.length;
  return outside(graph, site, {
    kind: 'weights',
    part,
    type: 'int8',
    dimensions: [rows, columns],
    offset: part === 'hidden' ? site.parameters!.weights.length - parameters.weights.length : 0,
  });
}

/** int32 [o]: `bias:<node>/<part>`. */
export function mapBias(graph: ProgramGraph, { site, part, parameters }: MapSite): string {
  const rows = parameters.weightScales.length;
  const offset = part === 'hidden' ? rows : 0;
  return outside(graph, site, { kind: 'bias', part, type: 'int32', dimensions: [rows], offset });
}

export function mapScales(graph: ProgramGraph, { site, part, parameters }: MapSite): string {
  const name = `weightScales:${site.index}/${part}`;
  return graph.once(name, () => graph.vector(name, parameters.weightScales));
}

/** `columns` is the matrix where the program has it transposed already. */
export function prepareMap(graph: ProgramGraph, map: MapSite, columns?: string): PreparedMap {
  const { site, part, quantization } = map;
  const matrix = integerOperand(graph, columns ?? mapWeights(graph, map), site.weightLimit);
  const name = `multipliers:${site.index}/${part}`;
  return {
    zeroPoint: graph.scalar('uint8', quantization.zeroPoint),
    matrix: columns === undefined ? graph.transpose(matrix.value, [1, 0]) : matrix.value,
    matrixZeroPoint: matrix.zeroPoint,
    bias: mapBias(graph, map),
    multipliers: graph.once(name, () => graph.vector(name, entriesPerUnit(map))),
  };
}

// a[o] = b[o] + sum over c of w[o, c] (x[c] - z);  v = f32(f32(a) * m[o])
/** From uint8 [..., c] to table entries, float32 [..., o]; `rank` is that of the values. */
export function mapEntries(
  graph: ProgramGraph,
  map: PreparedMap,
  { rows, rank }: { readonly rows: string; readonly rank: number },
): string {
  const sums = graph.node('MatMulInteger', [rows, map.matrix, map.zeroPoint, map.matrixZeroPoint]);
  return graph.node('DequantizeLinear', [graph.add(sums, map.bias), map.multipliers], {
    attributes: { axis: rank - 1 },
  });
}

// m[o] = f32(f32(s * s_w[o]) * k[o]), k = 512 in the rows of the tanh gate, 256 in the others
function entriesPerUnit({ site, parameters, quantization }: MapSite): Float32Array {
  const { cell, hiddenSize } = site.attributes;
  const scale = Math.fround(quantization.scale);
  return parameters.weightScales.map((row, o) => {
    const isTanh = Math.floor(o / hiddenSize) === cells[cell].tanhGate;
    return Math.fround(scale * row) * (isTanh ? 512 : 256);
  });
}
