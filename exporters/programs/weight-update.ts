// How the integer gradients of a program's layers become new weights and biases.
//
// Every update waits for one decision, whether all error scales of the program are finite, so a
// program that fails changes nothing that training could miss: its steps are zero. The same decision
// waits for every value that reads weights, because new weights are written over the old ones.
import { layerNorms } from '#runtime';

import { biasOf, parametersOf, weightsOf } from './layer-parameters.ts';
import type { LayerGradient } from './linear.ts';
import type { ProgramGraph } from './program-graph.ts';
import { inputQuantizationOf } from './site.ts';
import type { LayerSite } from './site.ts';

export interface UpdatedLayer {
  readonly site: LayerSite;
  readonly gradient: LayerGradient;
}

export interface UpdateCall {
  /** In the order in which their gradients should be computed. */
  readonly layers: readonly UpdatedLayer[];
  /** Float32 or uint8 values that must be computed before any weight changes. */
  readonly before: readonly string[];
}

/** An int32 sum times a scale below this is finite in float32, so no infinity arises unseen. */
const largestScale = 1e28;

/**
 * Adds the inputs `rates` (float32: rate, clip, ratio) and `noise:<node>`, and the outputs
 * `newWeights:<node>`, `newBias:<node>` and `errorScales` (float32, one per quantised error); nothing
 * where there are no layers.
 */
export function addUpdates(graph: ProgramGraph, { layers, before }: UpdateCall): void {
  if (layers.length === 0) return;
  const { errorScales } = graph;
  const scales = concat(graph, errorScales, 'errorScales');
  graph.output(scales, 'float32', [errorScales.length]);
  const isFinite = graph.node('Less', [
    before.reduce((sum, value) => graph.add(sum, zeroAfter(graph, value)), total(graph, scales)),
    graph.scalar('float32', largestScale),
  ]);
  const steps = graph.node('Where', [
    isFinite,
    clippedSteps(graph, layers),
    graph.scalar('float32', 0),
  ]);
  const parts = graph.nodeWithOutputs('Split', [steps], layers.length * 2, {
    attributes: { axis: 0, num_outputs: layers.length * 2 },
  });
  for (const [index, { site, gradient }] of layers.entries()) {
    addNewWeights(graph, site, gradient, parts[2 * index]!);
    addNewBias(graph, site, gradient, parts[2 * index + 1]!);
  }
}

// Of each layer's weights, then bias:
// u = f32(f32(s_d * s_x) * rate), u_b = f32(s_d * rate)
// factor = min(1, f32(f32(clip * reference) / f32(u * norm)));  step = f32(f32(u * factor) * ratio)
function clippedSteps(graph: ProgramGraph, layers: readonly UpdatedLayer[]): string {
  const rates = graph.input('rates', 'float32', [3]);
  const [rate, clip, ratio] = graph.nodeWithOutputs('Split', [rates], 3, {
    attributes: { axis: 0, num_outputs: 3 },
  });
  const inputScales = layers.flatMap(({ site }) => [inputQuantizationOf(site).scale, 1]);
  const references = layers.flatMap(({ site }) => {
    const norms = layerNorms(parametersOf(site), inputQuantizationOf(site).scale);
    return [norms.weights, norms.bias];
  });
  const errorScales = concat(
    graph,
    layers.flatMap(({ gradient: { error } }) => [error.scale, error.scale]),
  );
  const perUnit = graph.multiply(
    graph.multiply(errorScales, graph.vector('inputScales', inputScales)),
    rate!,
  );
  const allowed = graph.multiply(clip!, graph.vector('references', references));
  // Added last so that it runs first: gradient by gradient, in the order of the layers.
  const length = graph.multiply(perUnit, gradientNorms(graph, layers));
  const factor = graph.node('Min', [graph.scalar('float32', 1), graph.divide(allowed, length)]);
  return graph.multiply(graph.multiply(perUnit, factor), ratio!);
}

/** float32 [2 * layers]: f32(sqrt(sum A^2)), f32(sqrt(sum a^2)) of each. */
function gradientNorms(graph: ProgramGraph, layers: readonly UpdatedLayer[]): string {
  const squares = layers.flatMap(({ gradient }) =>
    [gradient.weights, gradient.bias].map((sums) =>
      graph.node('ReduceSumSquare', [graph.cast(sums, 'double')], { attributes: { keepdims: 0 } }),
    ),
  );
  return graph.cast(graph.node('Sqrt', [concat(graph, squares)]), 'float32');
}

// r[o] = f32(step * f32(1 / s_w[o]))
// W' = min(limit, max(-limit, rne(f32(f32(W - f32(f32(A) * r[o])) + noise(i)))))
function addNewWeights(
  graph: ProgramGraph,
  site: LayerSite,
  { weights: sums }: LayerGradient,
  step: string,
): void {
  const { weights, weightScales } = parametersOf(site);
  const dimensions = [weightScales.length, weights.length / weightScales.length];
  const inverse = weightScales.map((scale) => 1 / scale);
  const now = graph.cast(weightsOf(graph, site), 'float32');
  const perRow = graph.multiply(step, graph.vector(`inverseScales:${site.index}`, inverse));
  const change = graph.node('DequantizeLinear', [sums, perRow], { attributes: { axis: 0 } });
  const moved = graph.subtract(now, change);
  const noise = graph.input(`noise:${site.index}`, 'float32', dimensions);
  const rounded = graph.node('QuantizeLinear', [
    graph.add(moved, noise),
    graph.scalar('float32', 1),
    graph.scalar('int8', 0),
  ]);
  const limits = [-site.weightLimit, site.weightLimit].map((limit) => graph.scalar('int8', limit));
  const next = graph.node('Clip', [rounded, ...limits], { output: `newWeights:${site.index}` });
  graph.output(next, 'int8', dimensions);
}

// r_b[o] = f32(step * f32(1 / f32(s_x * s_w[o])));  b' = b - rne(f32(f32(a[o]) * r_b[o]))
function addNewBias(
  graph: ProgramGraph,
  site: LayerSite,
  { bias: sums }: LayerGradient,
  step: string,
): void {
  const { weightScales } = parametersOf(site);
  const inputScale = Math.fround(inputQuantizationOf(site).scale);
  const inverse = weightScales.map((scale) => 1 / Math.fround(inputScale * scale));
  const sum = graph.cast(sums, 'float32');
  const perRow = graph.multiply(step, graph.vector(`inverseBiasScales:${site.index}`, inverse));
  const change = graph.node('Round', [graph.multiply(sum, perRow)]);
  const next = graph.node('Sub', [biasOf(graph, site), graph.cast(change, 'int32')], {
    output: `newBias:${site.index}`,
  });
  graph.output(next, 'int32', [weightScales.length]);
}

/** A vector of scalars. Its last input runs first, so the first is made last. */
function concat(graph: ProgramGraph, scalars: readonly string[], output?: string): string {
  const vectors: string[] = [];
  for (const scalar of scalars.toReversed()) {
    vectors.unshift(graph.once(`vector:${scalar}`, () => graph.reshape(scalar, [1])));
  }
  const options = output === undefined ? {} : { output };
  return graph.node('Concat', vectors, { attributes: { axis: 0 }, ...options });
}

function total(graph: ProgramGraph, vector: string): string {
  return graph.node('ReduceSum', [vector], { attributes: { keepdims: 0 } });
}

/** A float32 scalar 0 (NaN where the first element is not finite) that exists only after `value` does. */
function zeroAfter(graph: ProgramGraph, value: string): string {
  const flat = graph.reshape(value, [-1]);
  const first = graph.node('Gather', [flat, graph.scalar('int64', 0)]);
  return graph.multiply(graph.cast(first, 'float32'), graph.scalar('float32', 0));
}
