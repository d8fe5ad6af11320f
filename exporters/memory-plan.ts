// How much memory predicting and learning take over the opened model: what must be alive at once.
// Bytes per sample, then times the batch; weights are counted once, where a program needs copies of them.
//
// A trained layer's update holds, next to the activations of its module: the float32 gradient at its
// output and what masks it, its 8-bit form twice (as computed and transposed), the gathered input
// patches, and the int32 weight gradient with its float32 forms. A gradient on to the layer's input
// holds the gathered errors and the int32 and float32 gradient instead. A recurrent layer's is in recurrent-memory.ts.
import { inferShapes, isLayer, isPointwise, isTrainable, sizeOf, weightShapeOf } from '#runtime';
import type { Graph, Layer, Module, PackageContent, Recurrence, Shape } from '#runtime';

import { parameterCounts } from './float/model.ts';
import { keptByBackprop, recurrentForwardBytes, recurrentUpdateBytes } from './recurrent-memory.ts';

export interface ModuleMemory {
  readonly name: string;
  /** What one sample's values in the module take, uint8. */
  readonly activationBytes: number;
  /** int8 weights and int32 biases. */
  readonly weightBytes: number;
  /** While it learns from one batch, over the opened model. */
  readonly learnBytes: number;
}

export interface MemoryPlan {
  readonly modules: readonly ModuleMemory[];
  /** Over the opened model, at batch 1. */
  readonly peakPredictBytes: number;
  /** Over the opened model, at the plan's batch. */
  readonly peakLearnBytes: number;
  /** Float32 backpropagation of the same model at the same batch: every activation kept. */
  readonly backpropBytes: number;
}

export interface LearnMemory {
  readonly batch: number;
  /** Of a plan that trains recurrent layers; default 8 exact steps, and gates. */
  readonly recurrence?: Recurrence | null;
}

type Planned = Pick<PackageContent, 'model' | 'modules' | 'plan'>;

/** Predicts the peaks of a package's plan; nothing is allocated or run. */
export function planMemory({ model, modules, plan }: Planned): MemoryPlan {
  const { graph } = model;
  const shapes = inferShapes(graph);
  const tail = plan.rules.indexOf('exact');
  const learning = { batch: plan.batchSize, recurrence: plan.recurrence };
  const memories = modules.map((module, index) => ({
    name: module.name,
    activationBytes: activationBytes(module, shapes),
    weightBytes: weightBytes(graph, module, shapes),
    learnBytes: plan.rules[index] === 'frozen' ? 0 : learnBytes(graph, module, shapes, learning),
  }));
  const whole: Module = { name: 'model', from: 0, to: graph.nodes.length };
  const tailRange: Module = { name: 'tail', from: modules[tail]!.from, to: graph.nodes.length };
  const prefix: Module = { name: 'prefix', from: 0, to: tailRange.from };
  const held = plan.batchSize * sizeOf(shapes[tailRange.from]!);
  return {
    modules: memories,
    peakPredictBytes: forwardBytes(graph, whole, shapes, 1),
    peakLearnBytes: Math.max(
      forwardBytes(graph, prefix, shapes, plan.batchSize),
      learnBytes(graph, tailRange, shapes, learning) + held,
      ...memories.slice(0, tail).map(({ learnBytes: bytes }) => bytes),
    ),
    backpropBytes: backpropBytes(graph, shapes, plan.batchSize),
  };
}

/** Bytes alive while modules [from, to) run forward and keep nothing behind them. */
export function forwardBytes(
  graph: Graph,
  { from, to }: Module,
  shapes: readonly Shape[],
  batch: number,
): number {
  let peak = 0;
  for (let node = from; node < to; node++) {
    const alive = aliveAt(graph, node, { from, to }).reduce(
      (sum, value) => sum + sizeOf(shapes[value]!),
      0,
    );
    const output = shapes[node + 1]!;
    peak = Math.max(peak, batch * alive + scratchBytes(graph.nodes[node]!, output, batch));
  }
  return peak;
}

function scratchBytes(node: Graph['nodes'][number], output: Shape, batch: number): number {
  if (node.operator === 'recurrent') return batch * recurrentForwardBytes(node.attributes);
  if (node.operator === 'embedding') return 0;
  return 4 * sizeOf(output) * (isLayer(node) ? 1 : batch);
}

/** Bytes alive while a range learns from one batch: its activations, and the largest layer's update. */
export function learnBytes(
  graph: Graph,
  { from, to }: Module,
  shapes: readonly Shape[],
  { batch, recurrence = null }: LearnMemory,
): number {
  const first = graph.nodes.findIndex((node, index) => index >= from && isTrainable(node));
  let activations = sizeOf(shapes[from]!);
  let largest = 0;
  for (let index = from; index < to; index++) {
    const node = graph.nodes[index]!;
    activations += sizeOf(shapes[index + 1]!);
    if (!isTrainable(node)) continue;
    const input = shapes[node.inputs[0]!]!;
    const options = { batch, recurrence, passesOn: index > first };
    const update =
      node.operator === 'recurrent'
        ? recurrentUpdateBytes(node.attributes, input, options)
        : updateBytes(node, input, shapes[index + 1]!, options);
    largest = Math.max(largest, update);
  }
  return batch * activations + largest;
}

function updateBytes(
  layer: Layer,
  input: Shape,
  output: Shape,
  { batch, passesOn }: { batch: number; passesOn: boolean },
): number {
  const outputs = sizeOf(output);
  const weights = weightShapeOf(layer, input).reduce((product, extent) => product * extent, 1);
  const gathers = layer.operator === 'conv' && !isPointwise(layer.attributes.window);
  const offsets = gathers
    ? layer.attributes.window.kernel[0] * layer.attributes.window.kernel[1]
    : 0;
  const positions = output[0] * output[1];
  const patches = offsets * positions * input[2];
  const gradient = 4 * outputs;
  const update = batch * (gradient + 2 * outputs + patches) + 12 * weights;
  const onward = passesOn
    ? batch * (gradient + outputs + offsets * input[0] * input[1] * output[2] + 8 * sizeOf(input))
    : 0;
  return Math.max(update, onward);
}

// Float32 values kept for the backward sweep, the largest gradient with its patches, and the weights' gradients.
function backpropBytes(graph: Graph, shapes: readonly Shape[], batch: number): number {
  const kept = shapes.reduce((sum, shape, value) => {
    const node = graph.nodes[value - 1];
    const isSequence = node?.operator === 'recurrent';
    const inside = isSequence ? keptByBackprop(node.attributes, shapes[node.inputs[0]!]!) : 0;
    return sum + 4 * (sizeOf(shape) + inside);
  }, 0);
  const largest = graph.nodes.reduce((most, node, index) => {
    if (!isLayer(node)) return most;
    const input = shapes[node.inputs[0]!]!;
    const offsets =
      node.operator === 'conv' && !isPointwise(node.attributes.window)
        ? node.attributes.window.kernel[0] * node.attributes.window.kernel[1]
        : 0;
    const output = shapes[index + 1]!;
    return Math.max(most, 4 * (2 * sizeOf(output) + offsets * output[0] * output[1] * input[2]));
  }, 0);
  return batch * (kept + largest);
}

function aliveAt(graph: Graph, node: number, { from, to }: { from: number; to: number }): number[] {
  const alive = new Set<number>([node + 1]);
  for (let later = node; later < to; later++) {
    for (const value of graph.nodes[later]!.inputs) {
      if (value >= from && value <= node) alive.add(value);
    }
  }
  return [...alive];
}

function activationBytes(module: Module, shapes: readonly Shape[]): number {
  let bytes = 0;
  for (let value = module.from + 1; value <= module.to; value++) bytes += sizeOf(shapes[value]!);
  return bytes;
}

function weightBytes(graph: Graph, { from, to }: Module, shapes: readonly Shape[]): number {
  let bytes = 0;
  for (let index = from; index < to; index++) {
    const node = graph.nodes[index]!;
    const counts = parameterCounts(node, shapes[node.inputs[0]!]!);
    if (counts !== null) bytes += counts.weights + 4 * counts.bias;
  }
  return bytes;
}
