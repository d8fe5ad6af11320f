// Bytes of activations that an arm keeps from the forward for its update, by count: what separates the ways to
// learn, without what the programs need beside it.
import { partition, planFor } from '#exporters';
import type { Graph } from '#runtime';

import {
  keptByFloat,
  keptByNeighbours,
  keptByPlan,
} from '../targets/raspberry-pi/commands/bench/kept-bytes.ts';
import { planOptionsOf } from './arms.ts';
import type { Arm } from './arms.ts';
import { cutForCheckpoints, keptValues } from './checkpoints.ts';

export interface KeptShape {
  readonly graph: Graph;
  readonly batchSize: number;
  /** Examples that nearest neighbours remember. */
  readonly examples: number;
}

/** Of a batch; of nearest neighbours, of all examples; of checkpoints, four bytes for each value of theirs and of their largest part. */
export function keptBytes(arm: Arm, { graph, batchSize, examples }: KeptShape): number {
  const { method } = arm;
  if (method.kind === 'unchanged') return 0;
  const modules = partition(graph);
  if (method.kind === 'float') {
    return method.checkpoints
      ? 4 * batchSize * keptValues(graph, cutForCheckpoints(graph, modules))
      : keptByFloat(graph, batchSize);
  }
  const plan = planFor(graph, modules, planOptionsOf(arm, { graph, modules, batchSize }));
  return method.kind === 'nearest'
    ? keptByNeighbours(graph, { modules, plan }, examples)
    : keptByPlan(graph, { modules, plan });
}
