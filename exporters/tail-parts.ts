// How the exact tail is learned: forward once, keeping the input of each part, then back part by part, each forward
// once more. So the float32 gradients and the int32 sums of one part live at a time, as do its activations.
// Fewer parts take less time, so small modules are learned together.
import { inferShapes, isRecurrent, sizeOf } from '#runtime';
import type { Graph, Module, Plan, Recurrence } from '#runtime';

import { learnBytes } from './learn-memory.ts';

/** Modules [from, to). */
export interface TailPart {
  readonly from: number;
  readonly to: number;
  /** Over the opened model, while it learns: with the inputs of the parts before it, and its own. */
  readonly bytes: number;
}

interface TailOptions {
  /** First module of the tail. */
  readonly tail: number;
  readonly batch: number;
  readonly recurrence: Recurrence | null;
  /** Whether modules before the tail use the gradient at its input. */
  readonly wantsInput: boolean;
  /** What learning needs elsewhere. */
  readonly bytesBefore: number;
}

/** Up to this many bytes, cutting a part costs more time than its memory is worth. */
const cheap = 2 ** 18;

/** The parts of modules [tail, end), in order; a module that is a recurrent layer is a part of its own. */
function tailParts(graph: Graph, modules: readonly Module[], options: TailOptions): TailPart[] {
  const cost = costOf(graph, modules, options);
  const singles = modules.slice(options.tail).map((_, at) => options.tail + at);
  const needed = Math.max(options.bytesBefore, ...singles.map((from) => cost(from, from + 1)));
  // Two thirds, since programs of several modules were counted to take up to 1.5 times what is planned.
  const allowed = Math.max((2 / 3) * needed, cheap);
  const isAlone = (module: number): boolean => {
    const { from, to } = modules[module]!;
    return graph.nodes.slice(from, to).some(isRecurrent);
  };
  const parts: TailPart[] = [];
  for (let to = modules.length; to > options.tail;) {
    let from = to - 1;
    while (
      from > options.tail &&
      !isAlone(to - 1) &&
      !isAlone(from - 1) &&
      cost(from - 1, to) <= allowed
    ) {
      from--;
    }
    parts.unshift({ from, to, bytes: cost(from, to) });
    to = from;
  }
  return parts;
}

/** The parts of a plan's tail. */
export function plannedTail(
  graph: Graph,
  modules: readonly Module[],
  plan: Pick<Plan, 'rules' | 'batchSize' | 'recurrence'>,
): TailPart[] {
  const before = bytesBefore(graph, modules, plan);
  return tailParts(graph, modules, {
    tail: before.length,
    batch: plan.batchSize,
    recurrence: plan.recurrence,
    wantsInput: before.some((bytes) => bytes > 0),
    bytesBefore: Math.max(0, ...before),
  });
}

/** Of each module before the tail, while it learns; 0 where it is frozen. */
export function bytesBefore(
  graph: Graph,
  modules: readonly Module[],
  { rules, batchSize: batch, recurrence }: Pick<Plan, 'rules' | 'batchSize' | 'recurrence'>,
): number[] {
  const shapes = inferShapes(graph);
  const trained = rules.findIndex((rule) => rule !== 'frozen');
  return modules.slice(0, rules.indexOf('exact')).map((module, index) => {
    const rule = rules[index]!;
    if (rule === 'frozen') return 0;
    const isReplay = rule === 'exact-replay';
    const options = { isGiven: isReplay, wantsInput: isReplay && index > trained };
    return learnBytes(graph, module, shapes, { batch, recurrence, ...options });
  });
}

/** Bytes of a part, of modules [from, to), with the inputs that are kept for it and for the parts before it. */
function costOf(
  graph: Graph,
  modules: readonly Module[],
  { tail, batch, recurrence, wantsInput }: TailOptions,
): (from: number, to: number) => number {
  const shapes = inferShapes(graph);
  return (from, to) => {
    const range = { from: modules[from]!.from, to: modules[to - 1]!.to };
    const kept = modules.slice(tail, from).reduce((sum, own) => sum + sizeOf(shapes[own.from]!), 0);
    const isGiven = to < modules.length;
    const isFirst = from === tail;
    const options = { batch, recurrence, isGiven, wantsInput: wantsInput || !isFirst };
    return batch * kept + learnBytes(graph, range, shapes, options);
  };
}
