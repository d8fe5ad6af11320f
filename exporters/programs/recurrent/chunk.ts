// A chunk of a sequence inside a program: steps [from, to) of the layer's input, time first, so that a
// loop takes them without a copy. n sample, t step.
import { cells } from '#runtime';

import { integerOperand } from '../layer-parameters.ts';
import type { ProgramFrame } from '../program-frame.ts';
import type { ProgramGraph } from '../program-graph.ts';
import type { Site } from '../site.ts';
import { firstsInput } from './carried-state.ts';
import { decayOf } from './gate-tables.ts';
import { mapScales, mapsOf, mapWeights, prepareMap } from './linear-map.ts';
import type { PreparedMaps } from './run-steps.ts';
import type { BodyValue } from './scan.ts';

/** What a program on chunks has before its loop over them. */
export interface Sequence {
  readonly frame: ProgramFrame;
  readonly graph: ProgramGraph;
  readonly site: Site<'recurrent'>;
  readonly maps: PreparedMaps;
  /** uint8 [n, steps, 1, features]: the whole sequence. */
  readonly x: string;
  /** int32 [1, n, 1, 1]. */
  readonly firsts: string;
}

/** Int64 [1] each. */
export interface Bounds {
  readonly from: string;
  readonly to: string;
}

/** Adds the inputs `x` and `firsts:<node>`, and those of the layer's maps. */
export function addSequence(frame: ProgramFrame, module: number): Sequence {
  const { graph, sites } = frame;
  const { from: node } = frame.range(module, module + 1);
  const site = sites[node] as Site<'recurrent'>;
  const maps = mapsOf(site);
  const x = frame.input('x', 'uint8', node);
  const firsts = graph.reshape(firstsInput(graph, site), [1, -1, 1, 1]);
  const prepared = {
    input: prepareMap(graph, maps.input),
    hidden: prepareMap(graph, maps.hidden),
  };
  return { frame, graph, site, maps: prepared, x, firsts };
}

/** What loops share with the program when they go back through the maps is made before them. */
export function shareMaps({ graph, site }: Sequence): void {
  for (const map of Object.values(mapsOf(site))) {
    mapScales(graph, map);
    integerOperand(graph, mapWeights(graph, map), site.weightLimit);
  }
}

/** The chunk's part of a value [n, steps, 1, width]: [t, n, 1, width]. */
export function sliceSteps(graph: ProgramGraph, value: string, { from, to }: Bounds): string {
  const own = graph.node('Slice', [value, from, to, graph.int64([1])]);
  return graph.transpose(own, [1, 0, 2, 3]);
}

/** Bool [t, n, 1, 1]: whether a sample has begun at a step of the chunk. */
export function hasBegunAt({ graph, firsts }: Sequence, { from, to }: Bounds): string {
  const [first, last] = [from, to].map((bound) =>
    graph.node('Squeeze', [graph.cast(bound, 'int32')]),
  );
  const steps = graph.node('Range', [first!, last!, graph.scalar('int32', 1)]);
  return graph.node('GreaterOrEqual', [graph.reshape(steps, [-1, 1, 1, 1]), firsts]);
}

/** From a chunk's part of all chunks, [k, t, n, 1, width], to [n, k * t, 1, width]. */
export function joinChunks(
  graph: ProgramGraph,
  value: string,
  call: { readonly output: string; readonly type: 'uint8' | 'float32'; readonly width: number },
): void {
  const { output, type, width } = call;
  const samples = graph.node('Shape', [value], { attributes: { start: 2, end: 3 } });
  const shape = graph.node('Concat', [graph.int64([-1]), samples, graph.int64([1, width])], {
    attributes: { axis: 0 },
  });
  const steps = graph.node('Reshape', [value, shape]);
  graph.node('Transpose', [steps], { output, attributes: { perm: [1, 0, 2, 3] } });
  graph.output(output, type, ['n', 't', 1, width]);
}

/** True where the chunks before the exact one take the product of keep gates. */
export function countsDecay({ frame: { source }, site }: Sequence): boolean {
  return (
    source.plan.recurrence?.earlier === 'gates' &&
    site.attributes.output === 'last' &&
    cells[site.attributes.cell].keepGate !== null
  );
}

/** L as what a loop carries: int32 [n, 1, hidden size], from the input `decay:<node>` to the output `nextDecay:<node>`. */
export function decayInput({ graph, site }: Sequence): BodyValue {
  const dimensions = ['n', 1, site.attributes.hiddenSize];
  const value = graph.input(`decay:${site.index}`, 'int32', dimensions);
  return { value, type: 'int32', dimensions, result: `nextDecay:${site.index}` };
}

// L[t] = L[t-1] + decay[at(v)] of the keep gate, where the sample has begun
export function addDecay(
  graph: ProgramGraph,
  call: { readonly before: string; readonly keepIndex: string; readonly hasBegun: string },
): string {
  const own = decayOf(graph, call.keepIndex);
  const counted = graph.node('Where', [call.hasBegun, own, graph.scalar('int32', 0)]);
  return graph.add(call.before, counted);
}
