// A recurrent layer over whole sequences.
import { sequenceCalls } from '../../learning/recurrence.ts';
import { copyState } from '../copy-sequence.ts';
import type { Site } from '../site.ts';
import { firstPositions, startState } from './carried-state.ts';
import type { CarriedState } from './carried-state.ts';
import { addDecay } from './decay-sums.ts';
import { recurrentLayerOf } from './recurrent-layer.ts';
import { positionOf, runOf, runStep } from './run-step.ts';
import type { SequenceRun } from './run-step.ts';
import type { SequenceContext } from './sequence-context.ts';
import { beginTrace, readTrace, traceOf } from './trace.ts';
import type { Trace } from './trace.ts';

/** uint8 [batch, steps or 1, 1, hiddenSize]. Writes `kept` and `finalStates` of the context. */
export function forwardSequence(
  site: Site<'recurrent'>,
  input: Uint8Array,
  batch: number,
  context: SequenceContext,
): Uint8Array {
  const layer = recurrentLayerOf(site);
  const { sequence, inputSteps, learning, finalStates } = context;
  const { steps, hiddenSize } = layer;
  const { output } = site.attributes;
  const first = firstPositions(sequence?.lengths, batch, steps, inputSteps);
  const run = runOf(layer, input, batch, first);
  const trace = traceOf(layer, batch, 1);
  const state = startState(site, batch, sequence);
  const decay = new Int32Array(batch * hiddenSize);
  const kept = new Map<number, CarriedState>();
  const calls = learning ? sequenceCalls(learning.recurrence, steps, output).forward : [];
  const keptSteps = new Set(calls.filter(({ keep }) => keep).map(({ from }) => from));
  const values = new Uint8Array(batch * hiddenSize * (output === 'sequence' ? steps : 1));
  let decayAtKept = decay;
  beginTrace(trace, state);
  for (let t = 0; t < steps; t++) {
    if (keptSteps.has(t)) {
      kept.set(t, copyState(state));
      decayAtKept = decay.slice();
    }
    runStep(run, trace, t, 0);
    if (learning) addDecay(run, trace, t, 0, decay);
    readTrace(trace, 1, state);
    beginTrace(trace, state);
    if (output === 'sequence') writeStep(run, trace, positionOf(layer, t), values);
  }
  if (output === 'last') values.set(state.hidden);
  learning?.kept.set(site.index, { states: kept, decay: decayAtKept });
  finalStates.set(site.index, state);
  return values;
}

function writeStep(
  { layer, batch }: SequenceRun,
  { hidden }: Trace,
  position: number,
  values: Uint8Array,
): void {
  const { hiddenSize, steps } = layer;
  for (let n = 0; n < batch; n++) {
    const row = hidden.subarray(n * hiddenSize, (n + 1) * hiddenSize);
    values.set(row, (n * steps + position) * hiddenSize);
  }
}
