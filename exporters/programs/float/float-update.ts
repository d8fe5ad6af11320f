// Gradient descent in place. Each step is clipped relative to the weights as Onward's are.
import type { FloatArray } from '../../float/array.ts';
import type { ProgramGraph } from '../program-graph.ts';
import type { FloatTrainedSite } from './float-operator.ts';
import { floatBias, floatWeights, parametersOf } from './float-parameters.ts';

export interface FloatLayerUpdate {
  readonly site: FloatTrainedSite;
  /** float32 [outputs, weights per output], of a recurrent layer flat. */
  readonly weights: string;
  /** float32 [outputs]. */
  readonly bias: string;
}

// Of each layer's weights, then bias:
// step = rate * ratio * min(1, clip * reference / (rate * |gradient|));  w' = w - step * gradient
// reference = |weights as given| + 0.001, |bias as given| + 0.1
/**
 * All steps wait for all gradients, so no weight changes while a gradient may still read it, and none
 * does where one is not finite.
 */
export function addFloatUpdates(graph: ProgramGraph, layers: readonly FloatLayerUpdate[]): void {
  const rates = graph.input('rates', 'float32', [3]);
  const [rate, clip, ratio] = graph.nodeWithOutputs('Split', [rates], 3, {
    attributes: { axis: 0, num_outputs: 3 },
  });
  const references = layers.flatMap(({ site }) => {
    const { weights, bias } = parametersOf(site);
    return [normOf(weights) + 0.001, normOf(bias) + 0.1];
  });
  const allowed = graph.multiply(clip!, graph.vector('references', references));
  const norms = gradientNorms(graph, layers);
  const factor = graph.node('Min', [
    graph.scalar('float32', 1),
    graph.divide(allowed, graph.multiply(rate!, norms)),
  ]);
  const total = graph.node('ReduceSum', [norms], { attributes: { keepdims: 0 } });
  const steps = graph.node('Where', [
    graph.node('Less', [total, graph.scalar('float32', 3e38)]),
    graph.multiply(graph.multiply(rate!, ratio!), factor),
    graph.scalar('float32', 0),
  ]);
  const parts = graph.nodeWithOutputs('Split', [steps], layers.length * 2, {
    attributes: { axis: 0, num_outputs: layers.length * 2 },
  });
  for (const [index, { site, weights, bias }] of layers.entries()) {
    addNext(graph, `newWeights:${site.index}`, {
      now: floatWeights(graph, site),
      change: graph.multiply(weights, parts[2 * index]!),
      dimensions: site.operator === 'recurrent' ? [-1] : [parametersOf(site).bias.length, -1],
    });
    addNext(graph, `newBias:${site.index}`, {
      now: floatBias(graph, site),
      change: graph.multiply(bias, parts[2 * index + 1]!),
      dimensions: [parametersOf(site).bias.length],
    });
  }
}

/** float32 [2 * layers]. What is added last runs first: the last layer's gradient, which is known first. */
function gradientNorms(graph: ProgramGraph, layers: readonly FloatLayerUpdate[]): string {
  const squares = layers.flatMap(({ weights, bias }) =>
    [weights, bias].map((gradient) =>
      graph.node('ReduceSumSquare', [gradient], { attributes: { keepdims: 0 } }),
    ),
  );
  const vectors: string[] = [];
  for (const square of squares.toReversed()) vectors.unshift(graph.reshape(square, [1]));
  const all = graph.node('Concat', vectors, { attributes: { axis: 0 } });
  const norms = graph.node('Sqrt', [all], { output: 'gradientNorms' });
  graph.output(norms, 'float32', [squares.length]);
  return norms;
}

function addNext(
  graph: ProgramGraph,
  name: string,
  { now, change, dimensions }: { now: string; change: string; dimensions: readonly number[] },
): void {
  const next = graph.node('Sub', [now, change], { output: name });
  const sizes = dimensions.map((size, axis) => (size < 0 ? `size${axis}` : size));
  graph.output(next, 'float32', sizes);
}

function normOf(values: FloatArray): number {
  let squares = 0;
  for (const value of values) squares += value * value;
  return Math.sqrt(squares);
}
