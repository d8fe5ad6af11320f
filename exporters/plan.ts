// The plan a package is exported with: how long the exact tail is, and how the rest learns.
import { InputError, inferShapes, isRecurrent, isTrainable } from '#runtime';
import type { Graph, Module, Plan, Recurrence, Rule, Shape } from '#runtime';
import { chunksPerRun } from '#runtime/sequences';

import { canTrain } from './partition.ts';
import { recurrentUpdateBytes } from './recurrent-memory.ts';
import { affordableGrowth, plannedTail } from './tail-parts.ts';

export interface PlanOptions {
  /**
   * Modules in the exact tail, the head included; default: as many as need at most a fifth more memory than the
   * least that any number needs, and from the last recurrent layer on.
   */
  readonly tail?: number;
  /** How modules before the tail learn; default `feedback-local`. */
  readonly rule?: Exclude<Rule, 'exact'>;
  /** Modules at the start that are never trained; default 0. */
  readonly frozen?: number;
  /** Samples in a step; default 4. */
  readonly batchSize?: number;
  /** Default 16. */
  readonly epochs?: number;
  /**
   * `exportPackage` takes one that fits the model (learning-rate.ts) where none is given; a plan alone 0.06 at batch 16,
   * where a recurrent layer learns 0.24, in proportion to the batch.
   */
  readonly learningRate?: number;
  /** Default 0.3. */
  readonly feedbackRatio?: number;
  /** Default 0.02. */
  readonly clip?: number;
  /**
   * How recurrent layers learn; default `exact`, 8 steps at a time, or 16 of sequences of more than 256, where the states
   * that it keeps need at most a fifth more memory than `gates` with 16 exact steps, which keeps none; else that.
   */
  readonly recurrence?: Partial<Recurrence>;
}

/** Throws InputError where an option does not fit the number of modules, or a module cannot learn as asked. */
export function planFor(graph: Graph, modules: readonly Module[], options: PlanOptions = {}): Plan {
  const { rule = 'feedback-local', frozen = 0, batchSize = 4, epochs = 16 } = options;
  const recurrence = recurrenceFor(graph, batchSize, options.recurrence);
  const tail = options.tail ?? affordableTail(graph, modules, batchSize, recurrence);
  if (!Number.isInteger(tail) || tail < 1 || tail > modules.length) {
    throw new InputError(`plan.tail: expected 1 to ${modules.length} modules, got ${tail}`);
  }
  const longest = longestTail(graph, modules);
  if (tail > longest) {
    const { name } = modules[modules.length - longest - 1]!;
    throw new InputError(
      `plan.tail: expected at most ${longest} modules, since ${name} cannot be trained, got ${tail}`,
    );
  }
  if (!Number.isInteger(frozen) || frozen < 0 || frozen > modules.length - tail) {
    throw new InputError(
      `plan.frozen: expected 0 to ${modules.length - tail} modules before the tail, got ${frozen}`,
    );
  }
  const rules = rulesFor(graph, modules, { tail, frozen, rule });
  const isTrained = graph.nodes.some(
    (node, index) =>
      isRecurrent(node) &&
      rules[modules.findIndex(({ from, to }) => index >= from && index < to)] !== 'frozen',
  );
  return {
    rules,
    batchSize,
    epochs,
    learningRate: options.learningRate ?? ((isTrained ? 0.24 : 0.06) * batchSize) / 16,
    feedbackRatio: options.feedbackRatio ?? 0.3,
    clip: options.clip ?? 0.02,
    recurrence: isTrained ? recurrence : null,
  };
}

interface RuleOptions {
  readonly tail: number;
  readonly frozen: number;
  readonly rule: Exclude<Rule, 'exact'>;
}

function rulesFor(
  graph: Graph,
  modules: readonly Module[],
  { tail, frozen, rule }: RuleOptions,
): Rule[] {
  const start = modules.length - tail;
  const blocked = modules.slice(0, start).findLastIndex((module) => !canTrain(graph, module));
  return modules.map((module, index): Rule => {
    if (index >= start) return 'exact';
    const nodes = graph.nodes.slice(module.from, module.to);
    // No gradient comes back through a module that cannot be trained.
    if (index < frozen || (rule === 'exact-replay' && index <= blocked)) return 'frozen';
    if (rule === 'exact-replay') return rule;
    if (!canTrain(graph, module) || !nodes.some(isTrainable)) return 'frozen';
    // A feedback for each layer stops at its gate, which a recurrent layer does not have.
    return nodes.some(isRecurrent) && rule === 'feedback-direct' ? 'feedback-local' : rule;
  });
}

/**
 * Steps of a chunk. Exact ones, of twice as many where a run would take several chunks and hold their sums twice more
 * (of still longer sequences, 32 steps hold more than the sums). Of `gates`, whose last chunk alone is exact, more steps
 * pay (measured on digits by rows).
 */
function defaultSteps(graph: Graph, how: Recurrence['earlier'], shapes: readonly Shape[]): number {
  if (how !== 'exact') return 16;
  const longest = Math.max(
    0,
    ...graph.nodes.filter(isRecurrent).map(({ inputs }) => shapes[inputs[0]!]![0]),
  );
  return chunksPerRun(Math.ceil(longest / 8)) === 1 ? 8 : 16;
}

function recurrenceFor(
  graph: Graph,
  batch: number,
  { exactSteps, earlier }: Partial<Recurrence> = {},
): Recurrence {
  const shapes = inferShapes(graph);
  const planned = (how: Recurrence['earlier']): Recurrence => ({
    exactSteps: exactSteps ?? defaultSteps(graph, how, shapes),
    earlier: how,
  });
  const [exact, gates] = [planned('exact'), planned('gates')];
  if (!Number.isInteger(exact.exactSteps) || exact.exactSteps < 1 || exact.exactSteps > 2 ** 16) {
    throw new InputError(`plan.recurrence.exactSteps: expected 1 to 65536, got ${exactSteps}`);
  }
  if (earlier !== undefined) return planned(earlier);
  const isAffordable = graph.nodes.filter(isRecurrent).every(({ attributes, inputs }) => {
    const input = shapes[inputs[0]!]!;
    const bytes = (recurrence: Recurrence): number =>
      recurrentUpdateBytes(attributes, input, { batch, recurrence, passesOn: false });
    return bytes(exact) <= affordableGrowth * bytes(gates);
  });
  return isAffordable ? exact : gates;
}

/** Modules at the end that a plan can train: at least the head. */
function longestTail(graph: Graph, modules: readonly Module[]): number {
  const longest = modules.length - 1 - modules.findLastIndex((module) => !canTrain(graph, module));
  if (longest > 0) return longest;
  throw new InputError(
    `plan: expected a last module that can be trained, got ${modules.at(-1)!.name}; end the model in a dense layer`,
  );
}

/**
 * The longest tail with which a step needs at most a fifth more memory than with any other, its other modules
 * learning by feedback; with recurrent layers, at least from the last one on.
 */
export function affordableTail(
  graph: Graph,
  modules: readonly Module[],
  batchSize: number,
  recurrence: Recurrence | null = null,
): number {
  const longest = longestTail(graph, modules);
  const peaks = Array.from({ length: longest }, (_, shorter) => {
    const before = modules.length - shorter - 1;
    const rules = modules.map((_module, index): Rule =>
      index < before ? 'feedback-local' : 'exact',
    );
    return plannedTail(graph, modules, { rules, batchSize, recurrence }).needed;
  });
  const allowed = affordableGrowth * Math.min(...peaks);
  const tail = peaks.findLastIndex((bytes) => bytes <= allowed) + 1;
  const last = modules.findLastIndex(({ from, to }) =>
    graph.nodes.slice(from, to).some(isRecurrent),
  );
  const fromLast = last === -1 ? 1 : modules.length - last;
  return Math.min(Math.max(tail, fromLast), longest);
}
