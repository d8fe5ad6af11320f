// A chunk of a sequence inside a program: steps [from, to) of the layer's input, time first, so that a
// loop takes them without a copy. n sample, t step.
import { cells } from '#runtime';

import type { ProgramFrame } from '../program-frame.ts';
import type { Site } from '../site.ts';
import { firstsInput, sizesOf, stateInputs, stateOutputs } from './carried-state.ts';
import { decayOf } from './gate-tables.ts';
import { mapEntries, mapsOf, prepareMap } from './linear-map.ts';
import { addSteps } from './run-steps.ts';
import type { StepsOutputs } from './run-steps.ts';

export interface Chunk {
  readonly frame: ProgramFrame;
  readonly site: Site<'recurrent'>;
  /** uint8 [t, n, 1, features]. */
  readonly x: string;
  /** Bool [t, n, 1, 1]. */
  readonly hasBegun: string;
  /** The bounds, int64 [1] each. */
  readonly from: string;
  readonly to: string;
}

/** Adds the inputs `x` (the whole sequence), `from` and `to` (int64 [1]), `firsts:<node>`. */
export function addChunk(frame: ProgramFrame, module: number): Chunk {
  const { graph, sites } = frame;
  const { from: node } = frame.range(module, module + 1);
  const site = sites[node] as Site<'recurrent'>;
  const [from, to] = ['from', 'to'].map((name) => graph.input(name, 'int64', [1]));
  const chunk = { frame, site, from: from!, to: to! };
  const x = sliceSteps(chunk, frame.input('x', 'uint8', node));
  const [first, last] = [chunk.from, chunk.to].map((bound) =>
    graph.node('Squeeze', [graph.cast(bound, 'int32')]),
  );
  const steps = graph.node('Range', [first!, last!, graph.scalar('int32', 1)]);
  const hasBegun = graph.node('GreaterOrEqual', [
    graph.reshape(steps, [-1, 1, 1, 1]),
    graph.reshape(firstsInput(graph, site), [1, -1, 1, 1]),
  ]);
  return { ...chunk, x, hasBegun };
}

/** The chunk's part of a value [n, steps, 1, width]: [t, n, 1, width]. */
export function sliceSteps(
  { frame: { graph }, from, to }: Pick<Chunk, 'frame' | 'from' | 'to'>,
  value: string,
): string {
  const own = graph.node('Slice', [value, from, to, graph.int64([1])]);
  return graph.transpose(own, [1, 0, 2, 3]);
}

/** Runs the chunk forward from the inputs `hidden:<node>` and `state:<node>`. */
export function runChunk<Wanted extends keyof StepsOutputs = never>(
  chunk: Chunk,
  wanted: readonly Wanted[],
): ReturnType<typeof addSteps<Wanted>> {
  const { frame, site, x, hasBegun } = chunk;
  const { graph } = frame;
  const maps = mapsOf(site);
  const hiddenMap = prepareMap(graph, maps.hidden);
  const entries = mapEntries(graph, prepareMap(graph, maps.input), { rows: x, rank: 4 });
  const start = stateInputs(graph, site);
  return addSteps(graph, site, { start, hiddenMap, input: { entries }, hasBegun, axis: 0, wanted });
}

/** True where the chunks before the exact one take the product of keep gates. */
export function countsDecay({ frame: { source }, site }: Chunk): boolean {
  return (
    source.plan.recurrence?.earlier === 'gates' &&
    site.attributes.output === 'last' &&
    cells[site.attributes.cell].keepGate !== null
  );
}

// L[t] = L + sum over the chunk's steps up to t of decay[at(v)] of the keep gate, where the sample has begun
/** Adds the input `decay:<node>` and the output `nextDecay:<node>`, int32 [n, 1, hidden size]; L of every step. */
export function addDecay({ frame: { graph }, site, hasBegun }: Chunk, keepIndex: string): string {
  const dimensions = ['n', 1, site.attributes.hiddenSize];
  const before = graph.input(`decay:${site.index}`, 'int32', dimensions);
  const own = graph.node('Where', [hasBegun, decayOf(graph, keepIndex), graph.scalar('int32', 0)]);
  const sums = graph.add(graph.node('CumSum', [own, graph.scalar('int64', 0)]), before);
  graph.node('Gather', [sums, graph.scalar('int64', -1)], { output: `nextDecay:${site.index}` });
  graph.output(`nextDecay:${site.index}`, 'int32', dimensions);
  return sums;
}

/**
 * One call of the forward pass: `nextHidden`, `nextState` and, where gates are replayed, `nextDecay`; of a
 * layer whose output is every step, `y` uint8 [n, t, 1, hidden size].
 */
export function addStepsProgram(frame: ProgramFrame, module: number): void {
  const chunk = addChunk(frame, module);
  const { site } = chunk;
  const { graph } = frame;
  const isSequence = site.attributes.output === 'sequence';
  const decays = countsDecay(chunk);
  const { end, of } = runChunk(chunk, [
    ...(isSequence ? (['hidden'] as const) : []),
    ...(decays ? (['keepIndex'] as const) : []),
  ]);
  stateOutputs(graph, site, end);
  if (decays) addDecay(chunk, of.keepIndex);
  if (!isSequence) return;
  const y = graph.node('Transpose', [of.hidden], {
    output: 'y',
    attributes: { perm: [1, 0, 2, 3] },
  });
  graph.output(y, 'uint8', ['n', 't', 1, sizesOf(site).hiddenSize]);
}
