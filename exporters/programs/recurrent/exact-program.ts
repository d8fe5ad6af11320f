// Exact gradients of chunks, from the last to the first: each runs forward again from the state kept before it, and
// then goes back step by step. Table indices are what is held of a chunk's steps.
import { cells } from '#runtime';

import type { ProgramFrame } from '../program-frame.ts';
import { sizesOf } from './carried-state.ts';
import type { CarriedState } from './carried-state.ts';
import { cellPrograms } from './cells.ts';
import { addChunkLoop } from './chunk-loop.ts';
import type { ChunkCall } from './chunk-loop.ts';
import { addSequence, hasBegunAt, shareMaps, sliceSteps } from './chunk.ts';
import type { Sequence } from './chunk.ts';
import { addChunkSums, addInputGradient, carriedInputs, sumStates } from './gradient-programs.ts';
import { backThrough } from './gradient-sums.ts';
import { mapsOf } from './linear-map.ts';
import { addSteps } from './run-steps.ts';
import { addScan } from './scan.ts';
import type { BodyValue } from './scan.ts';

/** A chunk on its way back. */
interface Chunk {
  readonly call: ChunkCall;
  readonly hasBegun: string;
  /** Float32 [t, n, 1, hidden size], where the layer's output is every step. */
  readonly atOutput: string | null;
}

/**
 * From `keptHidden:<node>` and `keptState:<node>`. `hiddenGradient` and `stateGradient` are carried to their
 * successors `next...`. `gradient` is that of the layer's output, whole, where it is every step's. The sums of the
 * weights' gradients grow in place.
 */
export function addExact(frame: ProgramFrame, module: number): void {
  const sequence = addSequence(frame, module);
  const { graph, site } = sequence;
  const { index, attributes } = site;
  const width = ['n', 1, attributes.hiddenSize];
  const carried = carriedInputs(sequence);
  const gradient =
    attributes.output === 'sequence' ? frame.input('gradient', 'float32', index + 1) : null;
  const kept: BodyValue[] = [
    {
      value: graph.input(`keptHidden:${index}`, 'uint8', ['k', ...width]),
      type: 'uint8',
      dimensions: width,
    },
    {
      value: graph.input(`keptState:${index}`, 'float32', ['k', ...width]),
      type: 'float32',
      dimensions: width,
    },
  ];
  const sums = sumStates(sequence);
  shareMaps(sequence);
  const carriedGradient = (value: string, name: string): BodyValue => ({
    value,
    type: 'float32',
    dimensions: width,
    result: `next${name}Gradient:${index}`,
  });
  const outputs = addChunkLoop(sequence, {
    states: [
      ...sums,
      carriedGradient(carried.hidden, 'Hidden'),
      ...(carried.state === null ? [] : [carriedGradient(carried.state, 'State')]),
    ],
    inputs: kept,
    reverse: true,
    chunk(call) {
      const atOutput = gradient === null ? null : sliceSteps(graph, gradient, call);
      const chunk = { call, atOutput, hasBegun: hasBegunAt(sequence, call) };
      const forward = runChunk(sequence, chunk);
      const gates = goBack(sequence, chunk, forward);
      const made = addChunkSums(sequence, call.states.slice(0, sums.length), {
        ...gates,
        x: call.x,
        before: forward.before.hidden,
      });
      return { states: [...made.sums, ...gates.carried], outputs: made.outputs };
    },
  });
  addInputGradient(sequence, outputs);
}

/** What a chunk holds of its steps on its way back; values of all its steps. */
interface Forward {
  readonly before: CarriedState;
  readonly saved: readonly string[];
}

function runChunk({ graph, site, maps }: Sequence, { call, hasBegun }: Chunk): Forward {
  const { hiddenSize } = sizesOf(site);
  const cell = cellPrograms[site.attributes.cell];
  const [hidden, state] = call.inputs;
  const { outputs } = addSteps(graph, site, {
    maps,
    x: call.x,
    hasBegun,
    axis: 0,
    start: { hidden: hidden!, state: state! },
    visit: ({ step, before }) => ({
      outputs: [
        { value: before.hidden, type: 'uint8', dimensions: ['n', 1, hiddenSize] },
        { value: before.state, type: 'float32', dimensions: ['n', 1, hiddenSize] },
        ...step.saved().map((value, index): BodyValue => {
          const { type, width } = cell.saved[index]!;
          return { value, type, dimensions: ['n', 1, width * hiddenSize] };
        }),
      ],
    }),
  });
  const [hiddens, states, ...saved] = outputs;
  return { before: { hidden: hiddens!, state: states! }, saved };
}

interface ChunkBack {
  /** Float32 [t, n, 1, rows]: d as W and as U takes it. */
  readonly input: string;
  readonly hidden: string;
  /** At the state before the chunk, as many as were carried to it. */
  readonly carried: readonly string[];
}

/** From the chunk's end to its start. */
function goBack(
  { graph, site }: Sequence,
  { call, hasBegun, atOutput }: Chunk,
  { before, saved }: Forward,
): ChunkBack {
  const { hiddenSize, rows } = sizesOf(site);
  const cell = cellPrograms[site.attributes.cell];
  const { hasCellState } = cells[site.attributes.cell];
  const { hidden: hiddenMap } = mapsOf(site);
  const valueOf = (value: string, type: BodyValue['type'], width: number): BodyValue => ({
    value,
    type,
    dimensions: ['n', 1, width * hiddenSize],
  });
  const real = (value: string, width: number): BodyValue => valueOf(value, 'float32', width);
  const gates = rows / hiddenSize;
  const { states, outputs } = addScan(graph, {
    name: `back:${site.index}`,
    states: call.states.slice(hasCellState ? -2 : -1).map((value) => real(value, 1)),
    inputs: [
      { value: hasBegun, type: 'bool', dimensions: ['n', 1, 1] },
      real(before.state, 1),
      ...saved.map((value, index) => {
        const { type, width } = cell.saved[index]!;
        return valueOf(value, type, width);
      }),
      ...(atOutput === null ? [] : [real(atOutput, 1)]),
    ],
    axis: 0,
    reverse: true,
    step([hidden, state = ''], [begun, stateBefore, ...own]) {
      const trace = cell.restore(graph, {
        saved: own.slice(0, saved.length),
        before: stateBefore!,
        hiddenSize,
      });
      const dh = atOutput === null ? hidden! : graph.add(own.at(-1)!, hidden!);
      const d = cell.gradient(graph, {
        trace,
        before: stateBefore!,
        hidden: dh,
        state,
        hiddenSize,
      });
      const masked = (value: string): string =>
        graph.node('Where', [begun!, value, graph.scalar('float32', 0)]);
      const input = masked(d.input);
      const throughU = cell.sharesGradient ? input : masked(d.hidden);
      const back = backThrough(graph, hiddenMap, throughU);
      const dhBefore =
        d.carriedHidden === null ? back.gradient : graph.add(d.carriedHidden, back.gradient);
      const carried = (after: string, now: string): string =>
        graph.node('Where', [begun!, after, now]);
      return {
        states: [
          carried(dhBefore, hidden!),
          ...(hasCellState ? [carried(d.carriedState!, state)] : []),
        ],
        outputs: [
          { value: back.scale, type: 'float32', dimensions: [] },
          real(input, gates),
          ...(cell.sharesGradient ? [] : [real(throughU, gates)]),
        ],
      };
    },
  });
  const [scales, input, hidden = input] = outputs;
  graph.addErrorScales(scales!);
  return { input: input!, hidden: hidden!, carried: states };
}
