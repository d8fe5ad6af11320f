// Bytes of activations that a way to learn keeps from the forward for its update, by count: what separates
// the ways, without what the programs need beside it.
import { keptByBackprop } from '#exporters';
import { inferShapes, isRecurrent, rowsOf, sizeOf } from '#runtime';
import type {
  Graph,
  Module,
  PackageContent,
  Plan,
  Recurrence,
  RecurrentNode,
  Shape,
} from '#runtime';

import type { Learning } from './arm-names.ts';

/** Of a batch of the package's plan; of nearest neighbours, of all `examples`. */
export function keptBytes(
  learning: Learning,
  { model: { graph }, modules, plan }: Pick<PackageContent, 'model' | 'modules' | 'plan'>,
  examples: number,
): number {
  switch (learning) {
    case 'none':
      return 0;
    case 'nearest':
      return keptByNeighbours(graph, { modules, plan }, examples);
    case 'float':
      return keptByFloat(graph, plan.batchSize);
    case 'plan':
      return keptByPlan(graph, { modules, plan });
    default:
      return learning satisfies never;
  }
}

interface PlannedModules {
  readonly modules: readonly Module[];
  readonly plan: Pick<Plan, 'rules' | 'recurrence' | 'batchSize'>;
}

/**
 * A byte for each value of the tail, or of the largest module before it that learns, with its input; of a
 * recurrent layer of the tail the states at the starts of chunks, and the gates and states of one chunk.
 */
export function keptByPlan(graph: Graph, { modules, plan }: PlannedModules): number {
  const { recurrence, rules, batchSize } = plan;
  const tail = tailStart({ modules, plan });
  const ofModules = modules
    .filter(({ from }, index) => from < tail && rules[index] !== 'frozen')
    .map(({ from, to }) => valuesFrom(graph, from, to));
  const inTail = insideFrom(graph, tail, (attributes, input) =>
    recurrence === null ? 0 : insideRecurrent(attributes, input, recurrence),
  );
  return batchSize * Math.max(valuesFrom(graph, tail, graph.nodes.length) + inTail, ...ofModules);
}

/** Four bytes for each value of the model; within a recurrent layer the gates and states of every step. */
export function keptByFloat(graph: Graph, batchSize: number): number {
  const values = valuesFrom(graph, 0, graph.nodes.length) + insideFrom(graph, 0, keptByBackprop);
  return batchSize * 4 * values;
}

/** What the tail, the head alone, reads of every example, float32 as neighbours.ts keeps it. */
export function keptByNeighbours(graph: Graph, planned: PlannedModules, examples: number): number {
  return 4 * examples * sizeOf(inferShapes(graph)[tailStart(planned)] ?? [0, 0, 0]);
}

/** The first node of the exact tail. */
function tailStart({ modules, plan }: PlannedModules): number {
  return modules[plan.rules.indexOf('exact')]?.from ?? 0;
}

/** Values of one sample that these nodes read and make. */
function valuesFrom(graph: Graph, from: number, to: number): number {
  return inferShapes(graph)
    .slice(from, to + 1)
    .reduce((sum, shape) => sum + sizeOf(shape), 0);
}

/** Of the recurrent layers from this node on, beside their outputs. */
function insideFrom(
  graph: Graph,
  from: number,
  amountOf: (attributes: RecurrentNode['attributes'], input: Shape) => number,
): number {
  const shapes = inferShapes(graph);
  return graph.nodes.slice(from).reduce((sum, node) => {
    const input = shapes[node.inputs[0] ?? 0];
    return isRecurrent(node) && input ? sum + amountOf(node.attributes, input) : sum;
  }, 0);
}

/** Bytes. */
function insideRecurrent(
  attributes: RecurrentNode['attributes'],
  [steps]: Shape,
  { exactSteps, earlier }: Recurrence,
): number {
  const chunk = Math.min(exactSteps, steps);
  const starts = earlier === 'exact' ? Math.ceil(steps / chunk) : 1;
  // The hidden state in 8 bits and the carried one in float32.
  const state = 5 * attributes.hiddenSize;
  return starts * state + chunk * (4 * rowsOf(attributes) + state);
}
