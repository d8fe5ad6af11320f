// The integer arithmetic that all layers share, and its plain form: one matrix product.
// n sample, p output position, i input, o output channel.
import { biasOf, parametersOf, weightOperand, weightScaleTile } from './layer-parameters.ts';
import type { ProgramGraph, QuantizedError } from './program-graph.ts';
import { inputQuantizationOf } from './site.ts';
import type { LayerSite } from './site.ts';

/** Real gradients are error.scale * s_x * weights and error.scale * bias. */
export interface LayerGradient {
  /** A: int32 [o, weights per output]. */
  readonly weights: string;
  /** a: int32 [o]. */
  readonly bias: string;
  readonly error: QuantizedError;
}

// y = f32(f32(acc) * f32(s_x * s_w[o])),  acc = b[o] + sum over i of w[o, i] (x[i] - z_x)
/** From uint8 rows [n, i] to float32 [n, o]. */
export function linearLogits(graph: ProgramGraph, site: LayerSite, rows: string): string {
  const { scale, zeroPoint } = inputQuantizationOf(site);
  const weights = weightOperand(graph, site);
  const sums = graph.node('MatMulInteger', [
    rows,
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

// d, s_d, z_d = Q(g);  A[o, i] = sum over n, p of (d[n, p, o] - z_d) (x[n, p, i] - z_x);  a = sum of d - z_d
/** `rows` is uint8 [n * p, i]; `gradient` float32 [n, height, width, o], gated. */
export function matrixWeightGradient(
  graph: ProgramGraph,
  site: LayerSite,
  { rows, gradient }: { readonly rows: string; readonly gradient: string },
): LayerGradient {
  const error = graph.quantizeError(gradient);
  const errorRows = graph.reshape(error.values, [-1, site.outputShape[2]]);
  const transposed = graph.transpose(errorRows, [1, 0]);
  const weights = errorProduct(graph, site, error, [transposed, rows]);
  return { weights, bias: errorSums(graph, site, errorRows, error), error };
}

// h = f32(g * s_w[o]);  e, s_e, z_e = Q(h);  G[p, i] = sum over o of w[o, i] (e[p, o] - z_e)
/** Gradient of the inputs, f32(f32(G) * s_e): float32 [n * p, i]. */
export function matrixInputGradient(
  graph: ProgramGraph,
  site: LayerSite,
  gradient: string,
): string {
  const error = inputError(graph, site, gradient);
  const rows = graph.reshape(error.values, [-1, site.outputShape[2]]);
  const weights = weightOperand(graph, site);
  return graph.contrib('MatMulIntegerToFloat', [
    rows,
    weights.value,
    error.scale,
    graph.scalar('float32', 1),
    error.zeroPoint,
    weights.zeroPoint,
  ]);
}

/** e, s_e, z_e = Q(f32(g * s_w[o])): uint8 [n, height, width, o]. */
export function inputError(graph: ProgramGraph, site: LayerSite, gradient: string): QuantizedError {
  return graph.quantizeError(graph.multiply(gradient, weightScaleTile(graph, site)));
}

/** int32 product of (d - z_d) and (x - z_x), matrices or stacks of them. */
export function errorProduct(
  graph: ProgramGraph,
  site: LayerSite,
  { zeroPoint }: QuantizedError,
  factors: readonly [error: string, input: string],
): string {
  const inputZero = graph.scalar('uint8', inputQuantizationOf(site).zeroPoint);
  return graph.node('MatMulInteger', [...factors, zeroPoint, inputZero]);
}

/** a[o] = sum over rows [n * p, o] of (d - z_d): int32 [o]. */
export function errorSums(
  graph: ProgramGraph,
  { outputShape }: LayerSite,
  rows: string,
  { zeroPoint }: QuantizedError,
): string {
  const positions = outputShape[0] * outputShape[1];
  const ones = graph.once(`ones:${positions}`, () => {
    const count = graph.node('Shape', [rows], { attributes: { end: 1 } });
    const one = { type: 'uint8', dimensions: [1], data: Uint8Array.of(1) } as const;
    return graph.node('ConstantOfShape', [count], { attributes: { value: one } });
  });
  return graph.node('MatMulInteger', [ones, rows, graph.scalar('uint8', 0), zeroPoint]);
}
