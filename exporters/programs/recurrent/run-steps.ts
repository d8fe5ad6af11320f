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

/** Both maps of a layer, made ready before the loop. */
export type PreparedMaps = Readonly<Record<'input' | 'hidden', PreparedMap>>;

export interface StepsCall {
  readonly maps: PreparedMaps;
  /** Uint8, with the time axis: the layer's input. Its map runs inside the loop, so that nothing of all steps is held. */
  readonly x: string;
  /** Bool, one element for each sample and step: whether the sample has begun. */
  readonly hasBegun: string;
  /** Of time. */
  readonly axis: 0 | 1;
  readonly start: CarriedState;
  /** What else goes from step to step, from these values on. */
  readonly carried?: readonly BodyValue[];
  /** Adds to a step what it is to hand out beside its state. */
  readonly visit?: (step: VisitedStep) => VisitResult;
}

export interface VisitedStep {
  readonly step: CellStep;
  readonly before: CarriedState;
  readonly after: CarriedState;
  readonly carried: readonly string[];
  /** Bool [n, 1, 1]. */
  readonly hasBegun: string;
}

export interface VisitResult {
  /** In the order of StepsCall.carried. */
  readonly carried?: readonly string[];
  readonly outputs: readonly BodyValue[];
}

export interface StepsResult {
  readonly end: CarriedState;
  readonly carried: readonly string[];
  /** In the order of VisitResult.outputs, with the time axis. */
  readonly outputs: readonly string[];
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

/** Adds the loop. A sample's states pass unchanged through the steps before its first. */
export function addSteps(
  graph: ProgramGraph,
  site: Site<'recurrent'>,
  { maps, x, hasBegun, axis, start, carried = [], visit }: StepsCall,
): StepsResult {
  const { hiddenSize, features } = sizesOf(site);
  const width = ['n', 1, hiddenSize];
  const { states, outputs } = addScan(graph, {
    name: `steps:${site.index}`,
    states: [
      { value: start.hidden, type: 'uint8', dimensions: width },
      { value: start.state, type: 'float32', dimensions: width },
      ...carried,
    ],
    inputs: [
      { value: x, type: 'uint8', dimensions: ['n', 1, features] },
      { value: hasBegun, type: 'bool', dimensions: ['n', 1, 1] },
    ],
    axis,
    reverse: site.attributes.reverse,
    step([hidden, state, ...more], [own, begun]) {
      const before = { hidden: hidden!, state: state! };
      const vx = mapEntries(graph, maps.input, { rows: own!, rank: 3 });
      const step = addStep(graph, site, { vx, hiddenMap: maps.hidden, before });
      const after = {
        hidden: graph.node('Where', [begun!, step.hidden, before.hidden]),
        state: graph.node('Where', [begun!, step.state, before.state]),
      };
      const visited = visit?.({ step, before, after, carried: more, hasBegun: begun! });
      return {
        states: [after.hidden, after.state, ...(visited?.carried ?? [])],
        outputs: visited?.outputs ?? [],
      };
    },
  });
  const [hidden, state, ...last] = states;
  return { end: { hidden: hidden!, state: state! }, carried: last, outputs };
}
