// The integer arithmetic of conv and dense: products of matrices, one row per position.
// n sample, p output position, q input position, k kernel offset, c input channel, o output channel.
import { biasOf, parametersOf, weightOperand, weightScalesOf } from './layer-parameters.ts';
import type { ProgramGraph, QuantizedError } from './program-graph.ts';
import { inputQuantizationOf } from './site.ts';
import type { LayerSite } from './site.ts';

/** Real gradients are error.scale * s_x * weights and error.scale * bias. */
export interface LayerGradient {
  /** A: int32 [o, k * c within the group]. */
  readonly weights: string;
  /** a: int32 [o]. */
  readonly bias: string;
  readonly error: QuantizedError;
}

/** Sizes of one product per group. */
export interface LinearSize {
  readonly groups: number;
  /** Per group. */
  readonly outputs: number;
  /** Per group. */
  readonly inputs: number;
  readonly offsets: number;
}

// y = f32(f32(acc) * f32(s_x * s_w[o])),  acc = b[o] + sum over i of w[o, i] (x[i] - z_x)
// `columns` uint8 [n, i] of a layer without groups; float32 [n, o].
export function linearLogits(graph: ProgramGraph, site: LayerSite, columns: string): string {
  const { scale, zeroPoint } = inputQuantizationOf(site);
  const weights = weightOperand(graph, site);
  const sums = graph.node('MatMulInteger', [
    columns,
    graph.transpose(weights.value, [1, 0]),
    graph.scalar('uint8', zeroPoint),
    weights.zeroPoint,
  ]);
  const scales = parametersOf(site).weightScales.map((weight) => Math.fround(scale) * weight);
  return graph.node(
    'DequantizeLinear',
    [graph.add(sums, biasOf(graph, site)), graph.vector(`logitScales:${site.index}`, scales)],
    { attributes: { axis: 1 } },
  );
}

// d, s_d, z_d = Q(g);  A[o, k, c] = sum over n, p of (d[n, p, o] - z_d) (x[n, gather(p, k), c] - z_x)
// a[o] = sum over n, p of (d[n, p, o] - z_d)
// `columns` is called first: what is added last runs first, and the columns are large.
export function linearWeightGradient(
  graph: ProgramGraph,
  site: LayerSite,
  { groups, outputs, inputs, offsets }: LinearSize,
  { columns, gradient }: { columns: () => string; gradient: string },
): LayerGradient {
  const inputColumns = columns();
  const error = graph.quantizeError(gradient);
  const inputZero = graph.scalar('uint8', inputQuantizationOf(site).zeroPoint);
  const rows = graph.reshape(error.values, [-1, groups * outputs]);
  const transposed =
    groups === 1
      ? graph.transpose(rows, [1, 0])
      : graph.transpose(graph.reshape(rows, [-1, groups, outputs]), [1, 2, 0]);
  const sums = graph.node('MatMulInteger', [transposed, inputColumns, error.zeroPoint, inputZero]);
  const flat = groups === 1 ? sums : graph.reshape(sums, [groups * outputs, offsets * inputs]);
  return { weights: flat, bias: rowSums(graph, rows, error), error };
}

// h = f32(g * s_w[o]);  e, s_e, z_e = Q(h);  G[q, c] = sum over k, o of w[o, k, c] (e[scatter(q, k), o] - z_e)
// gradient of x = f32(f32(G) * s_e), float32 [n * q, c]
export function linearInputGradient(
  graph: ProgramGraph,
  site: LayerSite,
  { groups, outputs, inputs, offsets }: LinearSize,
  { columns, gradient }: { columns: (error: QuantizedError) => string; gradient: string },
): string {
  const weights = weightOperand(graph, site);
  const error = graph.quantizeError(graph.multiply(gradient, weightScalesOf(graph, site)));
  const product = (left: string, matrix: string): string =>
    graph.contrib('MatMulIntegerToFloat', [
      left,
      matrix,
      error.scale,
      graph.scalar('float32', 1),
      error.zeroPoint,
      weights.zeroPoint,
    ]);
  if (groups === 1 && offsets === 1) return product(columns(error), weights.value);
  const matrix = graph.transpose(
    graph.reshape(weights.value, [groups, outputs, offsets, inputs]),
    [0, 2, 1, 3],
  );
  const size = [offsets * outputs, inputs];
  if (groups === 1) return product(columns(error), graph.reshape(matrix, size));
  const grouped = product(columns(error), graph.reshape(matrix, [groups, ...size]));
  return graph.transpose(grouped, [1, 0, 2]);
}

/** sum over rows of (d - z_d): int32 [o]. */
function rowSums(graph: ProgramGraph, rows: string, { zeroPoint }: QuantizedError): string {
  const count = graph.node('Shape', [rows], { attributes: { end: 1 } });
  const one = { type: 'uint8', dimensions: [1], data: Uint8Array.of(1) } as const;
  const ones = graph.node('ConstantOfShape', [count], { attributes: { value: one } });
  return graph.node('MatMulInteger', [ones, rows, graph.scalar('uint8', 0), zeroPoint]);
}
