// Bytes of activations that an arm keeps from the forward for its update, by count: what separates the ways to
// learn, without what the programs need beside it.
import { affordableTail, partition, planFor } from '#exporters';
import type { Graph } from '#runtime';
import { inferShapes, sizeOf } from '#runtime';

import { headOnly } from './arms.ts';
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
export function keptBytes({ method }: Arm, { graph, batchSize, examples }: KeptShape): number {
  const shapes = inferShapes(graph);
  const modules = partition(graph);
  const valuesFrom = (from: number, to: number): number =>
    shapes.slice(from, to + 1).reduce((sum, shape) => sum + sizeOf(shape), 0);
  const end = graph.nodes.length;
  if (method.kind === 'unchanged') return 0;
  if (method.kind === 'nearest') {
    const head = planFor(graph, modules, headOnly({ modules: modules.length, tail: 1 }));
    return 4 * examples * sizeOf(shapes[modules[head.rules.indexOf('exact')]!.from]!);
  }
  if (method.kind === 'float') {
    return method.checkpoints
      ? 4 * batchSize * keptValues(graph, cutForCheckpoints(graph, modules))
      : 4 * batchSize * valuesFrom(0, end);
  }
  const tail = affordableTail(graph, modules, batchSize);
  const { rules } = planFor(graph, modules, {
    ...method.plan({ modules: modules.length, tail }),
    batchSize,
  });
  const first = rules.indexOf('exact');
  const ranges = modules.filter((_, index) => index < first && rules[index] !== 'frozen');
  const ofRanges = ranges.map(({ from, to }) => valuesFrom(from, to));
  return batchSize * Math.max(valuesFrom(modules[first]!.from, end), ...ofRanges);
}
