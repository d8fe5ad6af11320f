// How the exact tail is learned: forward once, keeping the input of each part, then back part by part, each forward
// once more. So the float32 gradients and the int32 sums of one part live at a time, as do its activations.
// Fewer parts take less time, so small modules are learned together.
import { inferShapes, isRecurrent, sizeOf } from '#runtime';
import type { Graph, Module, Plan } from '#runtime';

import { learnBytes } from './learn-memory.ts';

/** Modules [from, to). */
export interface TailPart {
  readonly from: number;
  readonly to: number;
  /** Over the opened model, while it learns: with the inputs of the parts before it, and its own. */
  readonly bytes: number;
}

export interface PlannedTail {
  /** Of each module before the tail, while it learns; 0 where it is frozen. */
  readonly before: readonly number[];
  /** In order. */
  readonly parts: readonly TailPart[];
  /** The most of all where each module of the tail is a part; `parts` need at most a fifth more. */
  readonly needed: number;
}

/** More memory by which is worth it: exact gradients for approximate ones, one program for the tail. */
export const affordableGrowth = 1.2;

/** Up to this many bytes, cutting a part costs more time than its memory is worth. */
const cheap = 2 ** 18;

/**
 * How the tail of a plan is learned: in one part where that needs at most a fifth more memory, since the tail's forward
 * then runs once; else in parts of as many modules as need no more than is needed anyway. A recurrent layer is a part of
 * its own.
 */
export function plannedTail(
  graph: Graph,
  modules: readonly Module[],
  plan: Pick<Plan, 'rules' | 'batchSize' | 'recurrence'>,
): PlannedTail {
  const before = bytesBefore(graph, modules, plan);
  const tail = before.length;
  const end = modules.length;
  const cost = costOf(graph, modules, plan, {
    tail,
    wantsInput: before.some((bytes) => bytes > 0),
  });
  const singles = modules.slice(tail).map((_, at) => cost(tail + at, tail + at + 1));
  const needed = Math.max(...before, ...singles);
  const isAlone = modules.map(({ from, to }) => graph.nodes.slice(from, to).some(isRecurrent));
  const whole = cost(tail, end);
  if (whole <= affordableGrowth * needed && !isAlone.includes(true, tail)) {
    return { before, parts: [{ from: tail, to: end, bytes: whole }], needed };
  }
  const allowed = Math.max(needed, cheap);
  const parts: TailPart[] = [];
  for (let to = end; to > tail;) {
    let from = to - 1;
    while (from > tail && !isAlone[to - 1] && !isAlone[from - 1] && cost(from - 1, to) <= allowed) {
      from--;
    }
    parts.unshift({ from, to, bytes: cost(from, to) });
    to = from;
  }
  return { before, parts, needed };
}

/** Of each module before the tail, while it learns; 0 where it is frozen. */
function bytesBefore(
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
  { batchSize: batch, recurrence }: Pick<Plan, 'batchSize' | 'recurrence'>,
  { tail, wantsInput }: { readonly tail: number; readonly wantsInput: boolean },
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
