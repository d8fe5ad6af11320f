// A loop over chunks of a sequence in one program: what one chunk needs lives one iteration. The chunks of a
// call are of equal length. k chunk, n sample, t step.
import { addHealth } from '../weight-update.ts';
import { sliceSteps } from './chunk.ts';
import type { Bounds, Sequence } from './chunk.ts';
import { addScan } from './scan.ts';
import type { BodyValue } from './scan.ts';

export interface ChunkLoop {
  /** What goes from chunk to chunk; those with a `result` are outputs of the program. */
  readonly states: readonly BodyValue[];
  /** One slice a chunk, with k in front. */
  readonly inputs?: readonly BodyValue[];
  /** From the last chunk to the first; what goes in and comes out stands in the sequence's order all the same. */
  readonly reverse: boolean;
  readonly chunk: (call: ChunkCall) => ChunkResult;
}

export interface ChunkCall extends Bounds {
  /** uint8 [t, n, 1, features]. */
  readonly x: string;
  readonly states: readonly string[];
  readonly inputs: readonly string[];
}

export interface ChunkResult {
  readonly states: readonly string[];
  readonly outputs: readonly BodyValue[];
}

/** Adds the inputs `from` and `to`, int64 [k, 1], and `totalScale` where chunks quantise errors. Returns the outputs, k in front. */
export function addChunkLoop(
  { graph, x }: Sequence,
  { states, inputs = [], reverse, chunk }: ChunkLoop,
): readonly string[] {
  const bounds = ['from', 'to'].map((name): BodyValue => ({
    value: graph.input(name, 'int64', ['k', 1]),
    type: 'int64',
    dimensions: [1],
  }));
  const outside = new Set(graph.errorScales);
  let hasHealth = false;
  const all = addScan(graph, {
    name: 'chunks',
    states,
    inputs: [...bounds, ...inputs],
    axis: 0,
    reverse,
    step(own, [from, to, ...more]) {
      const at = { from: from!, to: to! };
      const made = chunk({ ...at, x: sliceSteps(graph, x, at), states: own, inputs: more });
      const scales = graph.errorScales.filter((scale) => !outside.has(scale));
      hasHealth = scales.length > 0;
      const health: BodyValue[] = hasHealth
        ? [{ value: graph.node('Sum', scales), type: 'float32', dimensions: [] }]
        : [];
      return { states: made.states, outputs: [...health, ...made.outputs] };
    },
  });
  for (const { result: output, type, dimensions } of states) {
    if (output !== undefined) graph.output(output, type, dimensions);
  }
  if (!hasHealth) return all.outputs;
  const [health, ...outputs] = all.outputs;
  graph.addErrorScales(health!);
  addHealth(graph);
  return outputs;
}
