// Chunks before the cut, from the first on: each step takes the gradient at the cut times the product of the keep
// gates between, plus the state feedback. Since no step waits for another's gradient, it is made in the forward loop.
import { expTable } from '#runtime';

import { integerOperand } from '../layer-parameters.ts';
import type { ProgramFrame } from '../program-frame.ts';
import type { ProgramGraph } from '../program-graph.ts';
import { carriedStates, sizesOf } from './carried-state.ts';
import { cellPrograms } from './cells.ts';
import { addChunkLoop } from './chunk-loop.ts';
import type { ChunkCall } from './chunk-loop.ts';
import { addDecay, addSequence, countsDecay, decayInput, hasBegunAt, shareMaps } from './chunk.ts';
import type { Sequence } from './chunk.ts';
import { addChunkSums, addInputGradient, carriedInputs, sumStates } from './gradient-programs.ts';
import type { CarriedGradient } from './gradient-programs.ts';
import { addSteps } from './run-steps.ts';
import type { VisitedStep } from './run-steps.ts';
import type { BodyValue } from './scan.ts';

/** At the cut. */
interface Cut {
  readonly gradient: CarriedGradient;
  /** L, int32 [n, 1, hidden size]; null where the cell has no keep gate. */
  readonly decay: string | null;
}

/**
 * `hiddenGradient` and `stateGradient` are those at the cut; `decayAtCut:<node>` goes with `decay:<node>`; `segment`
 * (int64 [k, 1]) is each chunk's row of the state feedback. Goes on from `hidden:<node>`, `state:<node>` to their
 * successors `next...`. The sums of the weights' gradients grow in place.
 */
export function addGates(frame: ProgramFrame, module: number): void {
  const sequence = addSequence(frame, module);
  const { graph, site, maps } = sequence;
  const { index } = site;
  const width = ['n', 1, sizesOf(site).hiddenSize];
  const gradient = carriedInputs(sequence);
  const decay = countsDecay(sequence)
    ? [decayInput(sequence), graph.input(`decayAtCut:${index}`, 'int32', width)]
    : [];
  const [own, atCut] = decay as [BodyValue, string] | [];
  const cut = { gradient, decay: atCut ?? null };
  const sums = sumStates(sequence);
  shareMaps(sequence);
  const feedback = stateFeedback(sequence, gradient);
  const outputs = addChunkLoop(sequence, {
    states: [...sums, ...carriedStates(graph, site), ...(own === undefined ? [] : [own])],
    inputs: feedback === null ? [] : [feedback.segment],
    reverse: false,
    chunk(call) {
      const [hidden, state, ...carried] = call.states.slice(sums.length);
      const fed = feedback?.at(call) ?? graph.scalar('float32', 0);
      const steps = addSteps(graph, site, {
        maps,
        x: call.x,
        hasBegun: hasBegunAt(sequence, call),
        axis: 0,
        start: { hidden: hidden!, state: state! },
        carried: carried.map((value) => ({ value, type: 'int32', dimensions: width })),
        visit: (step) => visitStep(sequence, step, { ...cut, fed }),
      });
      const [before, input, throughU = input] = steps.outputs;
      const made = addChunkSums(sequence, call.states.slice(0, sums.length), {
        input: input!,
        hidden: throughU!,
        x: call.x,
        before: before!,
      });
      return {
        states: [...made.sums, steps.end.hidden, steps.end.state, ...steps.carried],
        outputs: made.outputs,
      };
    },
  });
  addInputGradient(sequence, outputs);
}

// lstm: dh = F, ds = f32(keep * ds_cut);  gru: dh = f32(f32(keep * dh_cut) + F);  rnn: dh = F
/** Hands out h before the step, d as W takes it, and as U takes it where that is another. */
function visitStep(
  { graph, site }: Sequence,
  { step, before, carried: [decayBefore], hasBegun }: VisitedStep,
  { gradient, decay: atCut, fed }: Cut & { readonly fed: string },
): { readonly carried: readonly string[]; readonly outputs: readonly BodyValue[] } {
  const { hiddenSize, rows } = sizesOf(site);
  const cell = cellPrograms[site.attributes.cell];
  const decay =
    atCut === null
      ? null
      : addDecay(graph, { before: decayBefore!, keepIndex: step.keepIndex!(), hasBegun });
  const keep = decay === null ? null : keptShare(graph, atCut!, decay);
  const share = (value: string): string => graph.multiply(keep!, value);
  const hidden =
    gradient.state === null && keep !== null
      ? graph.add(share(gradient.hidden), fed)
      : graph.node('Expand', [fed, graph.node('Shape', [before.state])]);
  const state = gradient.state === null ? '' : share(gradient.state);
  const { trace } = step;
  const d = cell.gradient(graph, { trace, before: before.state, hidden, state, hiddenSize });
  const masked = (value: string): BodyValue => ({
    value: graph.node('Where', [hasBegun, value, graph.scalar('float32', 0)]),
    type: 'float32',
    dimensions: ['n', 1, rows],
  });
  return {
    carried: decay === null ? [] : [decay],
    outputs: [
      { value: before.hidden, type: 'uint8', dimensions: ['n', 1, hiddenSize] },
      masked(d.input),
      ...(cell.sharesGradient ? [] : [masked(d.hidden)]),
    ],
  };
}

// keep = f32(expTable[min(4095, rne(f32(f32(L_cut - L) / 16)))] * 2^-16)
/** Float32 [n, 1, hidden size]. */
function keptShare(graph: ProgramGraph, atCut: string, decay: string): string {
  const distance = graph.cast(graph.subtract(atCut, decay), 'float32');
  const sixteenths = graph.multiply(distance, graph.scalar('float32', 1 / 16));
  const t = graph.node('Min', [graph.node('Round', [sixteenths]), graph.scalar('float32', 4095)]);
  const index = graph.reshape(graph.cast(t, 'int32'), [-1]);
  const table = graph.once('expTable', () =>
    graph.constant('expTable', expTable, [expTable.length]),
  );
  const shares = graph.cast(graph.node('GatherElements', [table, index]), 'float32');
  const real = graph.multiply(shares, graph.scalar('float32', 2 ** -16));
  return graph.node('Reshape', [real, graph.node('Shape', [distance])]);
}

interface StateFeedbackRows {
  /** The input `segment`, one a chunk. */
  readonly segment: BodyValue;
  /** Float32 [n, 1, hidden size] of a chunk. */
  at(call: ChunkCall): string;
}

// e, s_e, z_e = Q([dh, ds]);  F[j] = f32(f32(sum over i of B[row, i] (e[i] - z_e)) * f32(s_e * scales[row]))
/** Null where the layer has no feedback. */
function stateFeedback(
  { graph, frame: { source }, site }: Sequence,
  { hidden, state }: CarriedGradient,
): StateFeedbackRows | null {
  const { hiddenSize } = sizesOf(site);
  const index = source.stateFeedback.findIndex(({ node }) => node === site.index);
  const feedback = source.stateFeedback[index];
  if (feedback === undefined) return null;
  const { matrix, scales, segments } = feedback;
  const width = matrix.length / scales.length;
  const raw = graph.external(`stateFeedback:${index}`, 'int8', [segments, hiddenSize, width], {
    location: `stateFeedback-${index}.bin`,
    offset: 0,
    length: matrix.length,
  });
  const limit = matrix.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0);
  const allScales = graph.constant(`stateFeedbackScales:${index}`, scales, [segments, hiddenSize]);
  const error = graph.quantizeError(state === null ? hidden : graph.concat([hidden, state]));
  const value = graph.input('segment', 'int64', ['k', 1]);
  return {
    segment: { value, type: 'int64', dimensions: [1] },
    at({ inputs: [own] }) {
      const segment = graph.node('Squeeze', [own!]);
      const operand = integerOperand(graph, graph.node('Gather', [raw, segment]), limit);
      return graph.contrib('MatMulIntegerToFloat', [
        error.values,
        graph.transpose(operand.value, [1, 0]),
        error.scale,
        graph.node('Gather', [allScales, segment]),
        error.zeroPoint,
        operand.zeroPoint,
      ]);
    },
  };
}
