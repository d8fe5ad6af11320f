// How a recurrent layer learns: programs for one chunk of its sequence each, called in the order that
// runtime/learning/recurrence.ts lists, and one that turns the summed gradients into new weights.
import { cells, expTable } from '#runtime';

import { integerOperand } from '../layer-parameters.ts';
import { usesAt } from '../learning-programs.ts';
import type { ProgramFrame } from '../program-frame.ts';
import type { ProgramGraph } from '../program-graph.ts';
import type { Site } from '../site.ts';
import { addHealth, addUpdates } from '../weight-update.ts';
import { sizesOf, stateOutputs } from './carried-state.ts';
import { cellPrograms } from './cells.ts';
import { addChunk, addDecay, countsDecay, runChunk, sliceSteps } from './chunk.ts';
import type { Chunk } from './chunk.ts';
import { addGradientSums, backThrough, summedMap } from './gradient-sums.ts';
import { mapScales, mapsOf, mapWeights } from './linear-map.ts';
import type { StepsOutputs } from './run-steps.ts';
import { addScan } from './scan.ts';
import type { BodyValue } from './scan.ts';

/** Of the states: float32 [n, 1, hidden size]; `state` only where there is a cell state. */
interface CarriedGradient {
  readonly hidden: string;
  readonly state: string | null;
}

/**
 * Exact gradients of a chunk, which it forwards again from its inputs `hidden:<node>`, `state:<node>`.
 * `hiddenGradient` and `stateGradient` are carried to their successors `next...`. `gradient` is that of the
 * layer's output, whole, where it is every step's. The sums of the weights' gradients grow in place.
 */
export function addExact(frame: ProgramFrame, module: number): void {
  const chunk = addChunk(frame, module);
  const { site } = chunk;
  const { graph } = frame;
  const carried = carriedInputs(graph, site);
  const atOutput =
    site.attributes.output === 'sequence'
      ? sliceSteps(chunk, frame.input('gradient', 'float32', site.index + 1))
      : null;
  const { of } = runChunk(chunk, ['before', 'trace']);
  const gates = goBack(chunk, of, { carried, atOutput });
  const { before } = of;
  finish(chunk, { ...gates, before: before.hidden, wantsInput: wantsInput(frame, module) });
  declare(graph, site, 'nextHiddenGradient', gates.carried.hidden);
  if (gates.carried.state !== null) {
    declare(graph, site, 'nextStateGradient', gates.carried.state);
  }
}

/**
 * A chunk before the cut: each step takes the gradient at the cut, `hiddenGradient` and `stateGradient`, times
 * the product of the keep gates between, from `decay:<node>` and `decayAtCut:<node>`, plus the state feedback of
 * `segment` (int64 [1]). Goes on from `hidden:<node>`, `state:<node>` to their successors `next...`.
 */
export function addGates(frame: ProgramFrame, module: number): void {
  const chunk = addChunk(frame, module);
  const { site, hasBegun } = chunk;
  const { graph } = frame;
  const { hiddenSize } = sizesOf(site);
  const cell = cellPrograms[site.attributes.cell];
  const atCut = carriedInputs(graph, site);
  const decays = countsDecay(chunk);
  const { end, of } = runChunk(chunk, [
    'before',
    'trace',
    ...(decays ? (['keepIndex'] as const) : []),
  ]);
  stateOutputs(graph, site, end);
  const keep = decays ? keptShare(chunk, addDecay(chunk, of.keepIndex)) : null;
  const share = (gradient: string): string => graph.multiply(keep!, gradient);
  const fed = stateFeedback(chunk, atCut);
  // lstm: dh = F, ds = f32(keep * ds_cut);  gru: dh = f32(f32(keep * dh_cut) + F);  rnn: dh = F
  const each = graph.node('Shape', [of.before.state]);
  const hidden =
    atCut.state === null && keep !== null
      ? graph.add(share(atCut.hidden), fed)
      : graph.node('Expand', [fed, each]);
  const state = atCut.state === null ? '' : share(atCut.state);
  const factors = cell.factors(graph, { trace: of.trace, before: of.before.state, hiddenSize });
  const gates = cell.gradient(graph, { factors: factors.values, hidden, state, hiddenSize });
  const isSame = gates.input === gates.hidden;
  const begun = (d: string): string =>
    graph.node('Where', [hasBegun, d, graph.scalar('float32', 0)]);
  const input = begun(gates.input);
  finish(chunk, {
    input,
    hidden: isSame ? input : begun(gates.hidden),
    before: of.before.hidden,
    wantsInput: wantsInput(frame, module),
  });
}

/** New weights and biases of both maps from their summed gradients. */
export function addRecurrentUpdate(frame: ProgramFrame, module: number): void {
  const { graph, sites } = frame;
  const maps = mapsOf(sites[frame.range(module, module + 1).from] as Site<'recurrent'>);
  const layers = [summedMap(graph, maps.input), summedMap(graph, maps.hidden)];
  addUpdates(graph, { layers, before: [] });
}

/** Whether the plan uses the gradient at a recurrent module's input. */
function wantsInput({ source }: ProgramFrame, module: number): boolean {
  const rule = source.plan.rules[module];
  if (rule === 'exact-replay') return true;
  if (rule !== 'exact') return false;
  const { float, quantised } = usesAt(source, module);
  return float || quantised;
}

/** Gradients of the rows of a chunk, float32 [t, n, 1, rows]: as W and as U takes them. */
interface GateGradients {
  readonly input: string;
  readonly hidden: string;
}

/** From the chunk's end to its start. */
function goBack(
  { frame: { graph }, site, hasBegun }: Chunk,
  of: Pick<StepsOutputs, 'before' | 'trace'>,
  call: { readonly carried: CarriedGradient; readonly atOutput: string | null },
): GateGradients & { readonly carried: CarriedGradient } {
  const { hiddenSize, rows } = sizesOf(site);
  const cell = cellPrograms[site.attributes.cell];
  const { hidden: hiddenMap } = mapsOf(site);
  const factors = cell.factors(graph, { trace: of.trace, before: of.before.state, hiddenSize });
  const width = ['n', 1, hiddenSize];
  const hasState = call.carried.state !== null;
  // What the loop shares with the program is made before it.
  mapScales(graph, hiddenMap);
  integerOperand(graph, mapWeights(graph, hiddenMap), site.weightLimit);
  let isSame = true;
  const { states, outputs } = addScan(graph, {
    name: `back:${site.index}`,
    states: [
      realValue(call.carried.hidden, width),
      ...(call.carried.state === null ? [] : [realValue(call.carried.state, width)]),
    ],
    inputs: [
      { value: hasBegun, type: 'bool', dimensions: ['n', 1, 1] },
      ...factors.values.map((value, i) =>
        realValue(value, ['n', 1, factors.widths[i]! * hiddenSize]),
      ),
      ...(call.atOutput === null ? [] : [realValue(call.atOutput, width)]),
    ],
    axis: 0,
    reverse: true,
    step([hidden, state = ''], [begun, ...own]) {
      const atStep = own.slice(0, factors.values.length);
      const dh = call.atOutput === null ? hidden! : graph.add(own.at(-1)!, hidden!);
      const gates = cell.gradient(graph, { factors: atStep, hidden: dh, state, hiddenSize });
      isSame = gates.input === gates.hidden;
      const masked = (d: string): string =>
        graph.node('Where', [begun!, d, graph.scalar('float32', 0)]);
      const input = masked(gates.input);
      const throughU = isSame ? input : masked(gates.hidden);
      const back = backThrough(graph, hiddenMap, throughU);
      const dhBefore =
        gates.carriedHidden === null
          ? back.gradient
          : graph.add(gates.carriedHidden, back.gradient);
      const carried = (after: string, before: string): string =>
        graph.node('Where', [begun!, after, before]);
      return {
        states: [
          carried(dhBefore, hidden!),
          ...(hasState ? [carried(gates.carriedState!, state)] : []),
        ],
        outputs: [
          realValue(back.scale, []),
          realValue(input, ['n', 1, rows]),
          ...(isSame ? [] : [realValue(throughU, ['n', 1, rows])]),
        ],
      };
    },
  });
  const [scales, input, hidden] = outputs;
  graph.addErrorScales(scales!);
  return {
    input: input!,
    hidden: isSame ? input! : hidden!,
    carried: { hidden: states[0]!, state: hasState ? states[1]! : null },
  };
}

/** What both kinds of calls end with: the sums, the gradient of the chunk's input, the health. */
function finish(
  { frame: { graph }, site, x }: Chunk,
  call: GateGradients & { readonly before: string; readonly wantsInput: boolean },
): void {
  const maps = mapsOf(site);
  addGradientSums(graph, maps.input, { gradient: call.input, values: x });
  addGradientSums(graph, maps.hidden, { gradient: call.hidden, values: call.before });
  if (call.wantsInput) {
    const { gradient } = backThrough(graph, maps.input, call.input);
    graph.node('Transpose', [gradient], {
      output: 'inputGradient',
      attributes: { perm: [1, 0, 2, 3] },
    });
    graph.output('inputGradient', 'float32', ['n', 't', 1, sizesOf(site).features]);
  }
  addHealth(graph);
}

// keep = f32(expTable[min(4095, rne(f32(f32(L_cut - L) / 16)))] * 2^-16)
/** Float32 [t, n, 1, hidden size]; adds the input `decayAtCut:<node>`. */
function keptShare({ frame: { graph }, site }: Chunk, decay: string): string {
  const dimensions = ['n', 1, site.attributes.hiddenSize];
  const atCut = graph.input(`decayAtCut:${site.index}`, 'int32', dimensions);
  const distance = graph.cast(graph.subtract(atCut, decay), 'float32');
  const sixteenths = graph.multiply(distance, graph.scalar('float32', 1 / 16));
  const t = graph.node('Min', [graph.node('Round', [sixteenths]), graph.scalar('float32', 4095)]);
  const index = graph.reshape(graph.cast(t, 'int32'), [-1]);
  const table = graph.constant('expTable', expTable, [expTable.length]);
  const shares = graph.reshape(graph.node('GatherElements', [table, index]), [-1]);
  const real = graph.multiply(graph.cast(shares, 'float32'), graph.scalar('float32', 2 ** -16));
  return graph.node('Reshape', [real, graph.node('Shape', [distance])]);
}

// e, s_e, z_e = Q([dh, ds]);  F[j] = f32(f32(sum over i of B[row, i] (e[i] - z_e)) * f32(s_e * scales[row]))
/** Float32 [n, 1, hidden size] of the input `segment`; 0 where the layer has no feedback. */
function stateFeedback(
  { frame: { graph, source }, site }: Chunk,
  { hidden, state }: CarriedGradient,
): string {
  const { hiddenSize } = sizesOf(site);
  const index = source.stateFeedback.findIndex(({ node }) => node === site.index);
  const feedback = source.stateFeedback[index];
  if (feedback === undefined) return graph.scalar('float32', 0);
  const { matrix, scales, segments } = feedback;
  const width = matrix.length / scales.length;
  const raw = graph.external(`stateFeedback:${index}`, 'int8', [segments, hiddenSize, width], {
    location: `stateFeedback-${index}.bin`,
    offset: 0,
    length: matrix.length,
  });
  const segment = graph.node('Squeeze', [graph.input('segment', 'int64', [1])]);
  const limit = matrix.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0);
  const own = graph.node('Gather', [raw, segment]);
  const operand = integerOperand(graph, own, limit);
  const allScales = graph.constant(`stateFeedbackScales:${index}`, scales, [segments, hiddenSize]);
  const error = graph.quantizeError(state === null ? hidden : graph.concat([hidden, state]));
  return graph.contrib('MatMulIntegerToFloat', [
    error.values,
    graph.transpose(operand.value, [1, 0]),
    error.scale,
    graph.node('Gather', [allScales, segment]),
    error.zeroPoint,
    operand.zeroPoint,
  ]);
}

/** The inputs `hiddenGradient:<node>` and, where there is a cell state, `stateGradient:<node>`. */
function carriedInputs(graph: ProgramGraph, site: Site<'recurrent'>): CarriedGradient {
  const input = (name: string): string =>
    graph.input(`${name}:${site.index}`, 'float32', ['n', 1, site.attributes.hiddenSize]);
  const { hasCellState } = cells[site.attributes.cell];
  return {
    hidden: input('hiddenGradient'),
    state: hasCellState ? input('stateGradient') : null,
  };
}

function declare(graph: ProgramGraph, site: Site<'recurrent'>, name: string, value: string): void {
  graph.node('Identity', [value], { output: `${name}:${site.index}` });
  graph.output(`${name}:${site.index}`, 'float32', ['n', 1, site.attributes.hiddenSize]);
}

function realValue(value: string, dimensions: readonly (string | number)[]): BodyValue {
  return { value, type: 'float32', dimensions };
}
