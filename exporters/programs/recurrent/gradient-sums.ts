import type { UpdatedMap } from '../clipped-steps.ts';
import { integerOperand } from '../layer-parameters.ts';
// The gradients of a recurrent layer's maps, summed over the calls of a sequence.
// n sample, t step, o row, c column.
import type { ProgramGraph } from '../program-graph.ts';
import { mapBias, mapScales, mapWeights } from './linear-map.ts';
import type { MapSite } from './linear-map.ts';

// d, s_d, z_d = Q(g);  A[o, c] = sum over t, n of (d - z_d)(x - z_x);  a[o] = sum of d - z_d
// G = f32(G + f32(f32(A) * s_d));  g = f32(g + f32(f32(a) * s_d))
/**
 * Adds the inputs `weightSum:<node>/<part>` and `biasSum:...`, and their successors `newWeightSum:...`,
 * `newBiasSum:...`. `gradient` is float32 [t, n, 1, o], `values` uint8 [t, n, 1, c].
 */
export function addGradientSums(
  graph: ProgramGraph,
  map: MapSite,
  { gradient, values }: { readonly gradient: string; readonly values: string },
): void {
  const { site, part, parameters, columns, quantization } = map;
  const rows = parameters.weightScales.length;
  const { weightSum, biasSum } = sumInputs(graph, map);
  const error = graph.quantizeError(gradient);
  const errors = graph.reshape(error.values, [-1, rows]);
  const zeroPoint = graph.scalar('uint8', quantization.zeroPoint);
  const products = graph.node('MatMulInteger', [
    graph.transpose(errors, [1, 0]),
    graph.reshape(values, [-1, columns]),
    error.zeroPoint,
    zeroPoint,
  ]);
  const ones = graph.once(`ones:${gradient}`, () => {
    const count = graph.node('Shape', [errors], { attributes: { end: 1 } });
    const one = { type: 'uint8', dimensions: [1], data: Uint8Array.of(1) } as const;
    return graph.node('ConstantOfShape', [count], { attributes: { value: one } });
  });
  const biasProducts = graph.node('MatMulInteger', [
    ones,
    errors,
    graph.scalar('uint8', 0),
    error.zeroPoint,
  ]);
  addSum(graph, `WeightSum:${site.index}/${part}`, [rows, columns], {
    before: weightSum,
    part: graph.node('DequantizeLinear', [products, error.scale]),
  });
  addSum(graph, `BiasSum:${site.index}/${part}`, [rows], {
    before: biasSum,
    part: graph.node('DequantizeLinear', [biasProducts, error.scale]),
  });
}

/** A = G, a = g and s_d = 1, from the same inputs. */
export function summedMap(graph: ProgramGraph, map: MapSite): UpdatedMap {
  const { site, part, parameters, quantization } = map;
  const { weightSum, biasSum } = sumInputs(graph, map);
  return {
    name: `${site.index}/${part}`,
    parameters,
    inputScale: quantization.scale,
    weightLimit: site.weightLimit,
    weights: mapWeights(graph, map),
    bias: mapBias(graph, map),
    gradient: {
      type: 'float32',
      weights: weightSum,
      bias: biasSum,
      errorScale: graph.scalar('float32', 1),
    },
  };
}

// e, s_e, z_e = Q(f32(d * s_w[o]));  f32(f32(sum over o of w[o, c] (e[o] - z_e)) * s_e)
/** What a map makes of the gradient at its rows, float32 [..., c], and the error's scale. */
export function backThrough(
  graph: ProgramGraph,
  map: MapSite,
  gradient: string,
): { readonly gradient: string; readonly scale: string } {
  const { site } = map;
  const error = graph.quantizeError(graph.multiply(gradient, mapScales(graph, map)));
  const weights = integerOperand(graph, mapWeights(graph, map), site.weightLimit);
  const back = graph.contrib('MatMulIntegerToFloat', [
    error.values,
    weights.value,
    error.scale,
    graph.scalar('float32', 1),
    error.zeroPoint,
    weights.zeroPoint,
  ]);
  return { gradient: back, scale: error.scale };
}

function sumInputs(
  graph: ProgramGraph,
  { site, part, parameters, columns }: MapSite,
): { readonly weightSum: string; readonly biasSum: string } {
  const rows = parameters.weightScales.length;
  const name = `${site.index}/${part}`;
  return {
    weightSum: graph.sharedInput(`weightSum:${name}`, 'float32', [rows, columns]),
    biasSum: graph.sharedInput(`biasSum:${name}`, 'float32', [rows]),
  };
}

function addSum(
  graph: ProgramGraph,
  name: string,
  dimensions: readonly number[],
  { before, part }: { readonly before: string; readonly part: string },
): void {
  const sum = graph.node('Add', [before, part], { output: `new${name}` });
  graph.output(sum, 'float32', dimensions);
}
