// How the integer gradients of a program's layers become new weights and biases.
//
// Every update waits for one decision, whether all error scales of the program are finite, so a
// program that fails changes nothing that training could miss: its steps are zero. The same decision
// waits for every value that reads weights, because new weights are written over the old ones.
import { addRowSteps, concat } from './clipped-steps.ts';
import type { UpdatedLayer } from './clipped-steps.ts';
import { biasOf, parametersOf, weightsOf } from './layer-parameters.ts';
import type { ProgramGraph } from './program-graph.ts';

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
 * `newWeights:<node>`, `newBias:<node>` and `totalScale` (float32, the sum over all quantised errors);
 * nothing where there are no layers.
 */
export function addUpdates(graph: ProgramGraph, { layers, before }: UpdateCall): void {
  if (layers.length === 0) return;
  const scale = graph.node('Sum', graph.errorScales, { output: 'totalScale' });
  graph.output(scale, 'float32', []);
  const isFinite = graph.node('Less', [
    before.reduce((sum, value) => graph.add(sum, zeroAfter(graph, value)), scale),
    graph.scalar('float32', largestScale),
  ]);
  const biasSums = concat(
    graph,
    layers.map(({ gradient }) => gradient.bias),
  );
  const floatSums = graph.cast(biasSums, 'float32');
  const weightsNow = layers.map(({ site }) => graph.cast(weightsOf(graph, site), 'float32'));
  const steps = addRowSteps(graph, layers, { isFinite, biasSums });
  addNewBiases(graph, layers, graph.multiply(floatSums, steps.bias));
  for (const [index, layer] of layers.entries()) {
    addNewWeights(graph, layer, { now: weightsNow[index]!, perRow: steps.weights[index]! });
  }
}

// W' = min(limit, max(-limit, rne(f32(f32(W - f32(f32(A) * r[o])) + noise(i)))))
function addNewWeights(
  graph: ProgramGraph,
  { site, gradient }: UpdatedLayer,
  { now, perRow }: { readonly now: string; readonly perRow: string },
): void {
  const { weights, weightScales } = parametersOf(site);
  const dimensions = [weightScales.length, weights.length / weightScales.length];
  const change = graph.node('DequantizeLinear', [gradient.weights, perRow], {
    attributes: { axis: 0 },
  });
  const noise = graph.input(`noise:${site.index}`, 'float32', dimensions);
  const rounded = graph.node('QuantizeLinear', [
    graph.add(graph.subtract(now, change), noise),
    graph.scalar('float32', 1),
    graph.scalar('int8', 0),
  ]);
  const limits = [-site.weightLimit, site.weightLimit].map((limit) => graph.scalar('int8', limit));
  const next = graph.node('Clip', [rounded, ...limits], { output: `newWeights:${site.index}` });
  graph.output(next, 'int8', dimensions);
}

// b' = b - rne(f32(f32(a[o]) * r_b[o]))
/** `changes` is float32 [o of all layers]. */
function addNewBiases(graph: ProgramGraph, layers: readonly UpdatedLayer[], changes: string): void {
  const rounded = graph.cast(graph.node('Round', [changes]), 'int32');
  const sizes = layers.map(({ site }) => parametersOf(site).weightScales.length);
  const parts =
    sizes.length === 1
      ? [rounded]
      : graph.nodeWithOutputs('Split', [rounded, graph.int64(sizes)], sizes.length, {
          attributes: { axis: 0 },
        });
  for (const [index, { site }] of layers.entries()) {
    const next = graph.node('Sub', [biasOf(graph, site), parts[index]!], {
      output: `newBias:${site.index}`,
    });
    graph.output(next, 'int32', [sizes[index]!]);
  }
}

/** A float32 scalar 0 (NaN where the first element is not finite) that exists only after `value` does. */
function zeroAfter(graph: ProgramGraph, value: string): string {
  const flat = graph.reshape(value, [-1]);
  const first = graph.node('Gather', [flat, graph.scalar('int64', 0)]);
  return graph.multiply(graph.cast(first, 'float32'), graph.scalar('float32', 0));
}
