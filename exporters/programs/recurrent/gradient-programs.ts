// What both kinds of learning calls share: the sums that go from chunk to chunk, and what a chunk ends with.
import { cells } from '#runtime';

import { usesAt } from '../learning-programs.ts';
import type { ProgramFrame } from '../program-frame.ts';
import { sizesOf } from './carried-state.ts';
import { joinChunks } from './chunk.ts';
import type { Sequence } from './chunk.ts';
import { addToSums, backThrough, carriedSums } from './gradient-sums.ts';
import type { MapSums } from './gradient-sums.ts';
import { mapsOf } from './linear-map.ts';
import type { BodyValue } from './scan.ts';

/** Of the states: float32 [n, 1, hidden size]; `state` only where there is a cell state. */
export interface CarriedGradient {
  readonly hidden: string;
  readonly state: string | null;
}

/** The inputs `hiddenGradient:<node>` and, where there is a cell state, `stateGradient:<node>`. */
export function carriedInputs({ graph, site }: Sequence): CarriedGradient {
  const input = (name: string): string =>
    graph.input(`${name}:${site.index}`, 'float32', ['n', 1, site.attributes.hiddenSize]);
  const { hasCellState } = cells[site.attributes.cell];
  return {
    hidden: input('hiddenGradient'),
    state: hasCellState ? input('stateGradient') : null,
  };
}

/** The sums of both maps' gradients as what a loop carries: four values. */
export function sumStates({ graph, site }: Sequence): BodyValue[] {
  const maps = mapsOf(site);
  return [...carriedSums(graph, maps.input), ...carriedSums(graph, maps.hidden)];
}

/** A chunk's gradients of the maps' rows, float32 [t, n, 1, rows], as W and as U takes them, and what the maps multiplied. */
export interface ChunkGradients {
  readonly input: string;
  readonly hidden: string;
  /** uint8 [t, n, 1, features]. */
  readonly x: string;
  /** uint8 [t, n, 1, hidden size]: h before every step. */
  readonly before: string;
}

/** The sums after the chunk, and the gradient of its input where the plan uses it. */
export function addChunkSums(
  { frame, graph, site }: Sequence,
  sums: readonly string[],
  { input, hidden, x, before }: ChunkGradients,
): { readonly sums: readonly string[]; readonly outputs: readonly BodyValue[] } {
  const maps = mapsOf(site);
  const [inputWeights, inputBias, hiddenWeights, hiddenBias] = sums as Four;
  const ofInput = { weights: inputWeights, bias: inputBias };
  const ofHidden = { weights: hiddenWeights, bias: hiddenBias };
  const after: MapSums[] = [
    addToSums(graph, maps.input, { sums: ofInput, gradient: input, values: x }),
    addToSums(graph, maps.hidden, { sums: ofHidden, gradient: hidden, values: before }),
  ];
  const atInput: BodyValue[] = wantsInput(frame, site.index)
    ? [
        {
          value: backThrough(graph, maps.input, input).gradient,
          type: 'float32',
          dimensions: ['t', 'n', 1, sizesOf(site).features],
        },
      ]
    : [];
  return { sums: after.flatMap(({ weights, bias }) => [weights, bias]), outputs: atInput };
}

/** The output `inputGradient`, float32 [n, k * t, 1, features], of what chunks hand out, if anything. */
export function addInputGradient({ graph, site }: Sequence, outputs: readonly string[]): void {
  const width = sizesOf(site).features;
  for (const value of outputs) {
    joinChunks(graph, value, { output: 'inputGradient', type: 'float32', width });
  }
}

/** Whether the plan uses the gradient at the input of the recurrent module that is this node. */
function wantsInput({ source }: ProgramFrame, node: number): boolean {
  const module = source.modules.findIndex(({ from }) => from === node);
  const rule = source.plan.rules[module];
  if (rule === 'exact-replay') return true;
  if (rule !== 'exact') return false;
  const { float, quantised } = usesAt(source, module);
  return float || quantised;
}

type Four = [string, string, string, string];
