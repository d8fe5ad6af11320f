// The plan a package is exported with: how long the exact tail is, and how the rest learns.
import { InputError, inferShapes } from '#runtime';
import type { Graph, Module, Plan, Rule } from '#runtime';

import { learnBytes } from './memory-plan.ts';

export interface PlanOptions {
  /** Modules in the exact tail, the head included; default: as many as need no more memory than the largest other module. */
  readonly tail?: number;
  /** How modules before the tail learn; default `feedback-local`. */
  readonly rule?: Exclude<Rule, 'exact'>;
  /** Modules at the start that are never trained; default 0. */
  readonly frozen?: number;
  /** Samples in a step; default 4. */
  readonly batchSize?: number;
  /** Default 16. */
  readonly epochs?: number;
  /** Default 0.06 at batch 16, in proportion to the batch. */
  readonly learningRate?: number;
  /** Default 0.3. */
  readonly feedbackRatio?: number;
  /** Default 0.02. */
  readonly clip?: number;
}

/** Throws InputError where an option does not fit the number of modules. */
export function planFor(graph: Graph, modules: readonly Module[], options: PlanOptions = {}): Plan {
  const { rule = 'feedback-local', frozen = 0, batchSize = 4, epochs = 16 } = options;
  const tail = options.tail ?? affordableTail(graph, modules, batchSize);
  if (!Number.isInteger(tail) || tail < 1 || tail > modules.length) {
    throw new InputError(`plan.tail: expected 1 to ${modules.length} modules, got ${tail}`);
  }
  if (!Number.isInteger(frozen) || frozen < 0 || frozen > modules.length - tail) {
    throw new InputError(
      `plan.frozen: expected 0 to ${modules.length - tail} modules before the tail, got ${frozen}`,
    );
  }
  const rules = modules.map((_, index): Rule => {
    if (index >= modules.length - tail) return 'exact';
    return index < frozen ? 'frozen' : rule;
  });
  return {
    rules,
    batchSize,
    epochs,
    learningRate: options.learningRate ?? (0.06 * batchSize) / 16,
    feedbackRatio: options.feedbackRatio ?? 0.3,
    clip: options.clip ?? 0.02,
    recurrence: null,
  };
}

/** The longest suffix whose update fits in what the largest module before it needs anyway. */
export function affordableTail(
  graph: Graph,
  modules: readonly Module[],
  batchSize: number,
): number {
  const shapes = inferShapes(graph);
  const cost = (module: Module): number => learnBytes(graph, module, shapes, batchSize);
  let tail = 1;
  for (let start = modules.length - 2; start > 0; start--) {
    const suffix = { name: 'tail', from: modules[start]!.from, to: graph.nodes.length };
    const rest = Math.max(...modules.slice(0, start).map(cost));
    if (cost(suffix) > rest) break;
    tail = modules.length - start;
  }
  return tail;
}
