// Backpropagation with checkpoints: a network cut into parts, each of which is forwarded once to get the
// next one's input and once more to learn, so that one part's activations are alive at a time. The
// updates are those of float-backprop.ts, and so are the numbers.
import type { Graph, Module, Node, Shape } from '#runtime';
import { inferShapes } from '#runtime';

import type { FloatModel } from '../../float/model.ts';
import { batchDimension, ProgramGraph } from '../program-graph.ts';
import {
  addFloatBackwardRange,
  addFloatError,
  addFloatForwardRange,
  sitesOf,
} from './float-backprop.ts';
import type { AnyFloatSite } from './float-operator.ts';
import { addFloatUpdates } from './float-update.ts';

/** A run of nodes as a model of its own; its node i is node `from + i` of the whole. */
export interface FloatPart {
  readonly model: FloatModel;
  readonly isFirst: boolean;
  readonly isLast: boolean;
}

/** Nodes [from, to) may read nothing before `from` but its input. Parameters are shared, not copied. */
export function floatPart(model: FloatModel, { from, to }: Pick<Module, 'from' | 'to'>): FloatPart {
  const nodes = model.graph.nodes.slice(from, to).map((node) => movedNode(node, from));
  const inputShape = inferShapes(model.graph)[from]!;
  const layers = nodes.flatMap((_node, index) =>
    model.parameters.has(from + index) ? [index] : [],
  );
  const parameters = new Map(
    layers.map((index) => [index, model.parameters.get(from + index)!] as const),
  );
  const graph: Graph = { inputShape, nodes };
  return {
    model: { graph, parameters },
    isFirst: from === 0,
    isLast: to === model.graph.nodes.length,
  };
}

/**
 * `x` to `y`, float32 [n, channels, height, width]; the first part's `x` is [n, height, width, channels].
 * Weights are inputs as in floatBackprop, named by the part's own node indices.
 */
export function floatPartForward(part: FloatPart): Uint8Array<ArrayBuffer> {
  const graph = new ProgramGraph('float-part-forward');
  const sites = sitesOf(part.model);
  const values = addFloatForwardRange(graph, sites, addInput(graph, part, sites));
  const y = graph.node('Identity', [values.get(sites.length)!], { output: 'y' });
  graph.output(y, 'float32', planar(sites.at(-1)!.outputShape));
  return graph.build();
}

/**
 * One step of the part: `x` and `gradient` of its output, or `targets` [n, classes] for the last part, to
 * the successors of its weights, as floatBackprop, and `inputGradient` unless it is the first.
 */
export function floatPartBackprop(part: FloatPart): Uint8Array<ArrayBuffer> {
  const graph = new ProgramGraph('float-part-backprop');
  const sites = sitesOf(part.model);
  const values = addFloatForwardRange(graph, sites, addInput(graph, part, sites));
  const gradient = part.isLast
    ? addError(graph, sites, values.get(sites.length)!)
    : graph.input('gradient', 'float32', planar(sites.at(-1)!.outputShape));
  const { updates, inputGradient } = addFloatBackwardRange(graph, sites, {
    values,
    gradient,
    wantsInput: !part.isFirst,
  });
  addFloatUpdates(graph, updates);
  if (inputGradient !== null) {
    const named = graph.node('Identity', [inputGradient], { output: 'inputGradient' });
    graph.output(named, 'float32', planar(sites[0]!.inputShapes[0]!));
  }
  return graph.build();
}

function addInput(
  graph: ProgramGraph,
  { isFirst }: FloatPart,
  sites: readonly AnyFloatSite[],
): string {
  const shape = sites[0]!.inputShapes[0]!;
  if (!isFirst) return graph.input('x', 'float32', planar(shape));
  return graph.transpose(graph.input('x', 'float32', [batchDimension, ...shape]), [0, 3, 1, 2]);
}

function addError(graph: ProgramGraph, sites: readonly AnyFloatSite[], output: string): string {
  const shape = sites.at(-1)!.outputShape;
  const positions = shape[0] * shape[1];
  const last = positions === 1 ? output : graph.transpose(output, [0, 2, 3, 1]);
  return addFloatError(graph, graph.reshape(last, [-1, shape[2]]), shape);
}

function planar([height, width, channels]: Shape): (string | number)[] {
  return [batchDimension, channels, height, width];
}

/** The node as it is, reading values that are numbered from `from`. */
function movedNode(node: Node, from: number): Node {
  return { ...node, inputs: node.inputs.map((value) => value - from) };
}
