// Bytes of activations that an arm keeps from the forward for its update, by count: what separates the ways to
// learn, without what the programs need beside it.
import { partition, planFor } from '#exporters';
import type { Graph } from '#runtime';
import { inferShapes, sizeOf } from '#runtime';

import { planOptionsOf } from './arms.ts';
import type { Arm } from './arms.ts';
import { cutForCheckpoints, keptValues } from './checkpoints.ts';

export interface KeptShape {
  readonly graph: Graph;
  readonly batchSize: number;
  /** Examples that nearest neighbours remember. */
  readonly examples: number;
}

/**
 * Plans: a byte for each value of the tail or of the largest module before it that learns, with its input.
 * float32: four for each value of the model, or of the checkpoints and their largest part. Nearest neighbours:
 * the features of all examples, float32 as kept here.
 */
export function keptBytes(arm: Arm, { graph, batchSize, examples }: KeptShape): number {
  const shapes = inferShapes(graph);
  const modules = partition(graph);
  const valuesFrom = (from: number, to: number): number =>
    shapes.slice(from, to + 1).reduce((sum, shape) => sum + sizeOf(shape), 0);
  const end = graph.nodes.length;
  const { method } = arm;
  if (method.kind === 'unchanged') return 0;
  if (method.kind === 'float') {
    return method.checkpoints
      ? 4 * batchSize * keptValues(graph, cutForCheckpoints(graph, modules))
      : 4 * batchSize * valuesFrom(0, end);
  }
  const options = planOptionsOf(arm, { graph, modules, batchSize });
  const { rules } = planFor(graph, modules, options);
  const tail = modules[rules.indexOf('exact')]!.from;
  if (method.kind === 'nearest') return 4 * examples * sizeOf(shapes[tail]!);
  const ofModules = modules
    .filter(({ from }, index) => from < tail && rules[index] !== 'frozen')
    .map(({ from, to }) => valuesFrom(from, to));
  return batchSize * Math.max(valuesFrom(tail, end), ...ofModules);
}
