// Steps of a recurrent layer: one, or a loop of them.
import { hiddenQuantization } from '#runtime';

import type { ProgramGraph } from '../program-graph.ts';
import { quantizationScalars } from '../quantization-scalars.ts';
import type { Site } from '../site.ts';
import { sizesOf } from './carried-state.ts';
import type { CarriedState } from './carried-state.ts';
import type { CellStep } from './cell-program.ts';
import { cellPrograms } from './cells.ts';
import { mapEntries } from './linear-map.ts';
import type { PreparedMap } from './linear-map.ts';
import { addScan } from './scan.ts';
import type { BodyValue } from './scan.ts';

/** What a loop hands out of each step, with the time axis. */
export interface StepsOutputs {
  /** h of every step: uint8. */
  readonly hidden: string;
  /** h and s before every step. */
  readonly before: CarriedState;
  /** See CellProgram. */
  readonly trace: readonly string[];
  /** Table index of the keep gate, int32. */
  readonly keepIndex: string;
}

export interface StepsCall<Wanted extends keyof StepsOutputs> {
  readonly start: CarriedState;
  readonly hiddenMap: PreparedMap;
  /** What W adds, made for all steps before the loop, or the map and the values for the loop to do it. */
  readonly input:
    | { readonly entries: string }
    | { readonly map: PreparedMap; readonly values: string };
  /** Bool, one element for each sample and step: whether the sample has begun. */
  readonly hasBegun: string;
  /** Of time. */
  readonly axis: 0 | 1;
  readonly wanted: readonly Wanted[];
}

// One step: h, s -> h', s'
export function addStep(
  graph: ProgramGraph,
  site: Site<'recurrent'>,
  call: { readonly vx: string; readonly hiddenMap: PreparedMap; readonly before: CarriedState },
): CellStep & CarriedState {
  const { hiddenSize, cell } = site.attributes;
  const vh = mapEntries(graph, call.hiddenMap, { rows: call.before.hidden, rank: 3 });
  const { state } = call.before;
  const step = cellPrograms[cell].step(graph, { vx: call.vx, vh, state, hiddenSize });
  const quantization = quantizationScalars(graph, hiddenQuantization);
  return { ...step, hidden: graph.node('QuantizeLinear', [step.output, ...quantization]) };
}

/** Adds the loop; the result has what is wanted of every step, and the state after the last. */
export function addSteps<Wanted extends keyof StepsOutputs = never>(
  graph: ProgramGraph,
  site: Site<'recurrent'>,
  { start, hiddenMap, input, hasBegun, axis, wanted }: StepsCall<Wanted>,
): { readonly end: CarriedState; readonly of: Pick<StepsOutputs, Wanted> } {
  const { hiddenSize, rows, features } = sizesOf(site);
  const width = ['n', 1, hiddenSize];
  const isMade = 'entries' in input;
  const wants = (name: keyof StepsOutputs): boolean => (wanted as readonly string[]).includes(name);
  const { traceWidths } = cellPrograms[site.attributes.cell];
  const { states, outputs } = addScan(graph, {
    name: `steps:${site.index}`,
    states: [
      { value: start.hidden, type: 'uint8', dimensions: width },
      { value: start.state, type: 'float32', dimensions: width },
    ],
    inputs: [
      isMade
        ? { value: input.entries, type: 'float32', dimensions: ['n', 1, rows] }
        : { value: input.values, type: 'uint8', dimensions: ['n', 1, features] },
      { value: hasBegun, type: 'bool', dimensions: ['n', 1, 1] },
    ],
    axis,
    reverse: site.attributes.reverse,
    step([hidden, state], [own, begun]) {
      const before = { hidden: hidden!, state: state! };
      const vx = isMade ? own! : mapEntries(graph, input.map, { rows: own!, rank: 3 });
      const next = addStep(graph, site, { vx, hiddenMap, before });
      const after = [
        graph.node('Where', [begun!, next.hidden, before.hidden]),
        graph.node('Where', [begun!, next.state, before.state]),
      ];
      const made: BodyValue[] = [];
      const hand = (value: string, type: BodyValue['type'], size: number): void => {
        made.push({ value, type, dimensions: ['n', 1, size] });
      };
      if (wants('hidden')) hand(after[0]!, 'uint8', hiddenSize);
      if (wants('before')) {
        hand(before.hidden, 'uint8', hiddenSize);
        hand(before.state, 'float32', hiddenSize);
      }
      if (wants('trace')) {
        for (const [index, value] of next.trace.entries()) {
          hand(value, 'float32', traceWidths[index]! * hiddenSize);
        }
      }
      if (wants('keepIndex')) hand(next.keepIndex!(), 'int32', hiddenSize);
      return { states: after, outputs: made };
    },
  });
  const left = [...outputs];
  const take = (): string => left.shift()!;
  const of: StepsOutputs = {
    hidden: wants('hidden') ? take() : '',
    before: wants('before') ? { hidden: take(), state: take() } : { hidden: '', state: '' },
    trace: wants('trace') ? traceWidths.map(take) : [],
    keepIndex: wants('keepIndex') ? take() : '',
  };
  return { end: { hidden: states[0]!, state: states[1]! }, of };
}
