// Where activation checkpointing cuts a network: into runs of modules, such that the inputs kept of all
// runs and the values of the largest run need least together.
import type { Graph, Module } from '#runtime';
import { inferShapes, sizeOf } from '#runtime';

export interface Range {
  readonly from: number;
  readonly to: number;
}

/** Runs of whole modules, in order, that together hold every node once. */
export function cutForCheckpoints(graph: Graph, modules: readonly Module[]): Range[] {
  const limits = modules.flatMap(({ from }) =>
    modules.filter(({ to }) => to > from).map(({ to }) => valuesOf(graph, { from, to })),
  );
  const cuts = limits.map((limit) => cutWithin(graph, modules, limit));
  return cuts.reduce((best, cut) =>
    keptValues(graph, cut) < keptValues(graph, best) ? cut : best,
  );
}

/** Numbers of one sample that are alive at once: every run's input, and what the largest run makes. */
export function keptValues(graph: Graph, ranges: readonly Range[]): number {
  const shapes = inferShapes(graph);
  const inputs = ranges.reduce((sum, { from }) => sum + sizeOf(shapes[from]!), 0);
  return inputs + Math.max(...ranges.map((range) => valuesOf(graph, range)));
}

/** As few runs as possible that make at most `limit` numbers each, or one module where that makes more. */
function cutWithin(graph: Graph, modules: readonly Module[], limit: number): Range[] {
  const ranges: Range[] = [];
  for (const { from, to } of modules) {
    const longer = { from: ranges.at(-1)?.from ?? from, to };
    if (ranges.length > 0 && valuesOf(graph, longer) <= limit) ranges[ranges.length - 1] = longer;
    else ranges.push({ from, to });
  }
  return ranges;
}

function valuesOf(graph: Graph, { from, to }: Range): number {
  const made = inferShapes(graph).slice(from + 1, to + 1);
  return made.reduce((sum, shape) => sum + sizeOf(shape), 0);
}
