// The fair length for truncated backpropagation through time: as many last steps as the memory of another way
// to learn the same recurrent layers is enough for.
import { recurrentUpdateBytes } from '#exporters';
import type { Graph, Recurrence } from '#runtime';
import { inferShapes, isRecurrent } from '#runtime';

/** The most steps whose update needs no more bytes than that of `recurrence`, over all recurrent layers; at least 1. */
export function truncatedSteps(graph: Graph, batch: number, recurrence: Recurrence): number {
  const shapes = inferShapes(graph);
  const layers = graph.nodes.filter(isRecurrent);
  const bytes = (how: Recurrence): number =>
    layers.reduce((sum, { attributes, inputs }) => {
      const input = shapes[inputs[0]!]!;
      const options = { batch, recurrence: how, passesOn: false };
      return sum + recurrentUpdateBytes(attributes, input, options);
    }, 0);
  const longest = Math.max(...layers.map(({ inputs }) => shapes[inputs[0]!]![0]));
  const budget = bytes(recurrence);
  let steps = 1;
  while (steps < longest && bytes({ exactSteps: steps + 1, earlier: 'none' }) <= budget) steps++;
  return steps;
}
