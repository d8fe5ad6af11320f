// The gradients of a recurrent layer's maps, summed over the chunks of a sequence.
// n sample, t step, o row, c column.
import type { UpdatedMap } from '../clipped-steps.ts';
import { integerOperand } from '../layer-parameters.ts';
import type { ProgramGraph } from '../program-graph.ts';
import { mapBias, mapScales, mapWeights } from './linear-map.ts';
import type { MapSite } from './linear-map.ts';
import type { BodyValue } from './scan.ts';

/** G and g of one map: float32 [o, c] and [o]. */
export interface MapSums {
  readonly weights: string;
  readonly bias: string;
}

// d, s_d, z_d = Q(g);  A[o, c] = sum over t, n of (d - z_d)(x - z_x);  a[o] = sum of d - z_d
// G = f32(G + f32(f32(A) * s_d));  g = f32(g + f32(f32(a) * s_d))
/** The sums after a chunk. `gradient` is float32 [t, n, 1, o], `values` uint8 [t, n, 1, c]. */
export function addToSums(
  graph: ProgramGraph,
  map: MapSite,
  call: { readonly sums: MapSums; readonly gradient: string; readonly values: string },
): MapSums {
  const { parameters, columns, quantization } = map;
  const { sums, gradient, values } = call;
  const rows = parameters.weightScales.length;
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
  const real = (integers: string): string =>
    graph.node('DequantizeLinear', [integers, error.scale]);
  return {
    weights: graph.add(sums.weights, real(products)),
    bias: graph.add(sums.bias, real(biasProducts)),
  };
}

/** A = G, a = g and s_d = 1, from the same inputs. */
export function summedMap(graph: ProgramGraph, map: MapSite): UpdatedMap {
  const { site, part, parameters, quantization } = map;
  const sums = sumInputs(graph, map);
  return {
    name: `${site.index}/${part}`,
    parameters,
    inputScale: quantization.scale,
    weightLimit: site.weightLimit,
    weights: mapWeights(graph, map),
    bias: mapBias(graph, map),
    gradient: {
      type: 'float32',
      weights: sums.weights,
      bias: sums.bias,
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

/** The inputs `weightSum:<node>/<part>` and `biasSum:...`. */
function sumInputs(graph: ProgramGraph, map: MapSite): MapSums {
  const [weights, bias] = dimensionsOf(map);
  const name = `${map.site.index}/${map.part}`;
  return {
    weights: graph.sharedInput(`weightSum:${name}`, 'float32', weights),
    bias: graph.sharedInput(`biasSum:${name}`, 'float32', bias),
  };
}

/** The same as what a loop carries, weights then bias; the last ones are the outputs `newWeightSum:...`, `newBiasSum:...`. */
export function carriedSums(graph: ProgramGraph, map: MapSite): readonly BodyValue[] {
  const sums = sumInputs(graph, map);
  const [weights, bias] = dimensionsOf(map);
  const name = `${map.site.index}/${map.part}`;
  return [
    {
      value: sums.weights,
      type: 'float32',
      dimensions: weights,
      result: `newWeightSum:${name}`,
    },
    { value: sums.bias, type: 'float32', dimensions: bias, result: `newBiasSum:${name}` },
  ];
}

function dimensionsOf({ parameters, columns }: MapSite): [number[], number[]] {
  const rows = parameters.weightScales.length;
  return [[rows, columns], [rows]];
}
