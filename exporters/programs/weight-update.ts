// How the integer gradients of a program's layers become new weights and biases.
//
// Every update waits for one decision, whether all error scales of the program are finite, so a
// program that fails changes nothing that training could miss: its steps are zero. The same decision
// waits for every value that reads weights, because new weights are written over the old ones.
import { addRowSteps, concat } from './clipped-steps.ts';
import type { UpdatedMap } from './clipped-steps.ts';
import { biasOf, parametersOf, weightsOf } from './layer-parameters.ts';
import type { LayerGradient } from './linear.ts';
import type { ProgramGraph } from './program-graph.ts';
import { inputQuantizationOf } from './site.ts';
import type { LayerSite } from './site.ts';

export interface UpdateCall {
  /** In the order in which their gradients should be computed. */
  readonly layers: readonly UpdatedMap[];
  /** Float32 or uint8 values that must be computed before any weight changes. */
  readonly before: readonly string[];
}

/** An int32 sum times a scale below this is finite in float32, so no infinity arises unseen. */
const largestScale = 1e28;

/** A conv or dense layer, to be updated by its integer gradients. */
export function updatedLayer(
  graph: ProgramGraph,
  site: LayerSite,
  { weights, bias, error }: LayerGradient,
): UpdatedMap {
  return {
    name: String(site.index),
    parameters: parametersOf(site),
    inputScale: inputQuantizationOf(site).scale,
    weightLimit: site.weightLimit,
    weights: weightsOf(graph, site),
    bias: biasOf(graph, site),
    gradient: { type: 'int32', weights, bias, errorScale: error.scale },
  };
}

/**
 * Adds the inputs `rates` (float32: rate, clip, ratio) and `noise:<name>`, and the outputs
 * `newWeights:<name>`, `newBias:<name>` and `totalScale`, see addHealth; nothing where there are no layers.
 */
export function addUpdates(graph: ProgramGraph, { layers, before }: UpdateCall): void {
  if (layers.length === 0) return;
  const scale = addHealth(graph, layers);
  const isFinite = graph.node('Less', [
    before.reduce((sum, value) => graph.add(sum, zeroAfter(graph, value)), scale),
    graph.scalar('float32', largestScale),
  ]);
  const biasSums = concat(
    graph,
    layers.map(({ gradient }) => gradient.bias),
  );
  const floatSums = graph.cast(biasSums, 'float32');
  const weightsNow = layers.map(({ weights }) => graph.cast(weights, 'float32'));
  const steps = addRowSteps(graph, layers, isFinite);
  addNewBiases(graph, layers, graph.multiply(floatSums, steps.bias));
  for (const [index, layer] of layers.entries()) {
    addNewWeights(graph, layer, { now: weightsNow[index]!, perRow: steps.weights[index]! });
  }
}

/**
 * Adds the output `totalScale`: float32, the sum over the scales of all quantised errors, and over float32
 * gradients. Infinite or NaN where an error is.
 */
export function addHealth(graph: ProgramGraph, maps: readonly UpdatedMap[] = []): string {
  const sums = maps.flatMap(({ gradient: { type, weights } }) =>
    type === 'int32' ? [] : [graph.node('ReduceL1', [weights], { attributes: { keepdims: 0 } })],
  );
  const total = graph.node('Sum', [...graph.errorScales, ...sums], { output: 'totalScale' });
  graph.output(total, 'float32', []);
  return total;
}

// W' = min(limit, max(-limit, rne(f32(f32(W - f32(f32(A) * r[o])) + noise(i)))))
function addNewWeights(
  graph: ProgramGraph,
  { name, parameters, weightLimit, gradient }: UpdatedMap,
  { now, perRow }: { readonly now: string; readonly perRow: string },
): void {
  const { weights, weightScales } = parameters;
  const dimensions = [weightScales.length, weights.length / weightScales.length];
  const change =
    gradient.type === 'int32'
      ? graph.node('DequantizeLinear', [gradient.weights, perRow], { attributes: { axis: 0 } })
      : graph.multiply(gradient.weights, graph.reshape(perRow, [-1, 1]));
  const noise = graph.input(`noise:${name}`, 'float32', dimensions);
  const rounded = graph.node('QuantizeLinear', [
    graph.add(graph.subtract(now, change), noise),
    graph.scalar('float32', 1),
    graph.scalar('int8', 0),
  ]);
  const limits = [-weightLimit, weightLimit].map((limit) => graph.scalar('int8', limit));
  const next = graph.node('Clip', [rounded, ...limits], { output: `newWeights:${name}` });
  graph.output(next, 'int8', dimensions);
}

// b' = b - rne(f32(f32(a[o]) * r_b[o]))
/** `changes` is float32 [o of all layers]. */
function addNewBiases(graph: ProgramGraph, layers: readonly UpdatedMap[], changes: string): void {
  const rounded = graph.cast(graph.node('Round', [changes]), 'int32');
  const sizes = layers.map(({ parameters }) => parameters.weightScales.length);
  const parts =
    sizes.length === 1
      ? [rounded]
      : graph.nodeWithOutputs('Split', [rounded, graph.int64(sizes)], sizes.length, {
          attributes: { axis: 0 },
        });
  for (const [index, { name, bias }] of layers.entries()) {
    const next = graph.node('Sub', [bias, parts[index]!], { output: `newBias:${name}` });
    graph.output(next, 'int32', [sizes[index]!]);
  }
}

/** A float32 scalar 0 (NaN where the first element is not finite) that exists only after `value` does. */
function zeroAfter(graph: ProgramGraph, value: string): string {
  const flat = graph.reshape(value, [-1]);
  const first = graph.node('Gather', [flat, graph.scalar('int64', 0)]);
  return graph.multiply(graph.cast(first, 'float32'), graph.scalar('float32', 0));
}
