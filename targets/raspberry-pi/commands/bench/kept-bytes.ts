// Bytes of activations that a way to learn keeps from the forward for its update, by count: what separates
// the ways, without what the programs need beside it.
import { keptByBackprop } from '#exporters';
import { inferShapes, isRecurrent, rowsOf, sizeOf } from '#runtime';
import type { PackageContent, Recurrence, RecurrentNode, Shape } from '#runtime';

import type { Learning } from './arm-names.ts';

/**
 * Of a batch. Plans: a byte for each value of the tail, or of the largest module before it that learns, with its
 * input; of a recurrent layer the states at the starts of chunks, and one chunk. float32: four for each value
 * of the model. Nearest neighbours: the features of all `examples`, as kept here.
 */
export function keptBytes(
  learning: Learning,
  { model, modules, plan }: Pick<PackageContent, 'model' | 'modules' | 'plan'>,
  examples: number,
): number {
  const { graph } = model;
  const shapes = inferShapes(graph);
  const valuesFrom = (from: number, to: number): number =>
    shapes.slice(from, to + 1).reduce((sum, shape) => sum + sizeOf(shape), 0);
  const insideFrom = (
    from: number,
    bytesOf: (attributes: RecurrentNode['attributes'], input: Shape) => number,
  ): number =>
    graph.nodes.slice(from).reduce((sum, node) => {
      const input = shapes[node.inputs[0] ?? 0];
      return isRecurrent(node) && input ? sum + bytesOf(node.attributes, input) : sum;
    }, 0);
  const end = graph.nodes.length;
  const { recurrence, rules, batchSize } = plan;
  const tail = modules[rules.indexOf('exact')]?.from ?? 0;
  switch (learning) {
    case 'none':
      return 0;
    case 'nearest':
      return 4 * examples * sizeOf(shapes[tail] ?? [0, 0, 0]);
    case 'float': {
      return batchSize * 4 * (valuesFrom(0, end) + insideFrom(0, keptByBackprop));
    }
    case 'plan': {
      const ofModules = modules
        .filter(({ from }, index) => from < tail && rules[index] !== 'frozen')
        .map(({ from, to }) => valuesFrom(from, to));
      const inTail = insideFrom(tail, (attributes, input) =>
        recurrence === null ? 0 : insideRecurrent(attributes, input, recurrence),
      );
      return batchSize * Math.max(valuesFrom(tail, end) + inTail, ...ofModules);
    }
    default:
      return learning satisfies never;
  }
}

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
