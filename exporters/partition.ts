// Cuts a graph into modules: as small as the graph allows, so that little is alive at a time, but
// never between a depthwise convolution and the pointwise one that completes it. A dense layer at the
// end is a module of its own: what it reads is where new classes are told apart. So are recurrent layers and embeddings.
import { isLayer, isRecurrent, isTrainable } from '#runtime';
import type { Graph, Module, Node } from '#runtime';

/** Modules in order; together they hold every node once. Throws nothing: a graph without cuts is one module. */
export function partition(graph: Graph): Module[] {
  const segments = cutPositions(graph).map((to, index, cuts) => ({
    from: cuts[index - 1] ?? 0,
    to,
  }));
  const runs: { from: number; to: number }[] = [];
  let open = false;
  for (const { from, to } of segments) {
    const nodes = graph.nodes.slice(from, to);
    const previous = runs.at(-1);
    const isHead =
      to === graph.nodes.length && nodes.length === 1 && nodes[0]!.operator === 'dense';
    const isApart = isHead || nodes.some(standsApart) || isLastApart(graph, previous);
    if (previous && !isApart && (open || !nodes.some(isLayer))) previous.to = to;
    else runs.push({ from, to });
    open = leavesOpen(graph.nodes.slice(runs.at(-1)!.from, to));
  }
  return runs.map(({ from, to }) => ({ name: nameOf(graph.nodes.slice(from, to)), from, to }));
}

/**
 * False for modules that no plan can train: a recurrent layer in a module with other nodes, or reversed, and
 * an embedding.
 */
export function canTrain({ nodes }: Graph, { from, to }: Module): boolean {
  const own = nodes.slice(from, to);
  if (own.some(({ operator }) => operator === 'embedding')) return false;
  const recurrent = own.filter(isRecurrent);
  return recurrent.length === 0 || (own.length === 1 && !recurrent[0]!.attributes.reverse);
}

/** Modules of their own, whatever stands beside them. */
function standsApart({ operator }: Node): boolean {
  return operator === 'recurrent' || operator === 'embedding';
}

function isLastApart({ nodes }: Graph, run: { from: number; to: number } | undefined): boolean {
  return run !== undefined && nodes.slice(run.from, run.to).some(standsApart);
}

/** Node counts after which exactly one value is still to be read: the last one made. */
export function cutPositions({ nodes }: Graph): number[] {
  const lastUser = Array.from<number>({ length: nodes.length + 1 }).fill(-1);
  nodes.forEach(({ inputs }, node) => inputs.forEach((value) => (lastUser[value] = node)));
  const cuts: number[] = [];
  let reach = lastUser[0]!;
  for (let node = 0; node < nodes.length; node++) {
    if (reach <= node) cuts.push(node + 1);
    reach = Math.max(reach, lastUser[node + 1]!);
  }
  return cuts;
}

// A run is incomplete until it has a layer that mixes channels.
function leavesOpen(nodes: readonly Node[]): boolean {
  const layers = nodes.filter(isLayer);
  const last = layers.at(-1);
  return last === undefined || (last.operator === 'conv' && last.attributes.groups > 1);
}

function nameOf(nodes: readonly Node[]): string {
  return (nodes.find(isTrainable) ?? nodes[0]!).name;
}
