// How much memory predicting and learning take over the opened model: what must be alive at once.
import { inferShapes, isLayer, sizeOf } from '#runtime';
import type { Graph, Module, PackageContent, Shape } from '#runtime';

import { floatBackpropBytes } from './float-memory/float-backprop-bytes.ts';
import { parameterCounts } from './float/model.ts';
import { recurrentForwardBytes } from './recurrent-memory.ts';
import { plannedTail } from './tail-parts.ts';

export interface ModuleMemory {
  readonly name: string;
  /** What one sample's values in the module take, uint8. */
  readonly activationBytes: number;
  /** int8 weights and int32 biases. */
  readonly weightBytes: number;
  /** While it learns from one batch, over the opened model; of a module of the tail, while its part of the tail does. */
  readonly learnBytes: number;
}

export interface MemoryPlan {
  readonly modules: readonly ModuleMemory[];
  /** Over the opened model, at batch 1. */
  readonly peakPredictBytes: number;
  /** Over the opened model, at the plan's batch. */
  readonly peakLearnBytes: number;
  /** Float32 backpropagation of the same model at the same batch, as far as it can be planned: over the opened model. */
  readonly backpropBytes: number;
}

type Planned = Pick<PackageContent, 'model' | 'modules' | 'plan'>;

/** Predicts the peaks of a package's plan; nothing is allocated or run. */
export function planMemory({ model, modules, plan }: Planned): MemoryPlan {
  const { graph } = model;
  const shapes = inferShapes(graph);
  const tail = plan.rules.indexOf('exact');
  const { before, parts } = plannedTail(graph, modules, plan);
  const memories = modules.map((module, index) => ({
    name: module.name,
    activationBytes: activationBytes(module, shapes),
    weightBytes: weightBytes(graph, module, shapes),
    learnBytes: before[index] ?? parts.find(({ to }) => index < to)!.bytes,
  }));
  const whole: Module = { name: 'model', from: 0, to: graph.nodes.length };
  const prefix: Module = { name: 'prefix', from: 0, to: modules[tail]!.from };
  return {
    modules: memories,
    peakPredictBytes: forwardBytes(graph, whole, shapes, 1),
    peakLearnBytes: Math.max(
      forwardBytes(graph, prefix, shapes, plan.batchSize),
      ...memories.map(({ learnBytes }) => learnBytes),
    ),
    backpropBytes: floatBackpropBytes(graph, shapes, plan.batchSize),
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
