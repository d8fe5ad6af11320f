// A recurrent layer's gradients, chunk by chunk, in the order of runtime/learning/recurrence.ts.
import { EngineError } from '../../errors.ts';
import { hiddenQuantization } from '../../graph/cell.ts';
import type { StateFeedback } from '../../learning/plan.ts';
import { sequenceCalls } from '../../learning/recurrence.ts';
import type { Chunk, LearnCall } from '../../learning/recurrence.ts';
import { copyState } from '../copy-sequence.ts';
import type { Site } from '../site.ts';
import { requireSummable } from '../summable.ts';
import { firstPositions, startState } from './carried-state.ts';
import type { CarriedState } from './carried-state.ts';
import type { CarriedGradient, GateGradients } from './cell-kernel.ts';
import { goBack, hiddenBackwardOf } from './go-back.ts';
import { addToGradient, emptyGradient } from './gradient-sums.ts';
import type { MapGradient } from './gradient-sums.ts';
import { writeInputGradient } from './input-gradient.ts';
import { recurrentLayerOf } from './recurrent-layer.ts';
import { replayGates, stateGradient } from './replay-gates.ts';
import { runOf, runStep } from './run-step.ts';
import type { SequenceRun } from './run-step.ts';
import type { KeptStates, SequenceContext, SequenceLearning } from './sequence-context.ts';
import { beginTrace, readTrace, traceOf } from './trace.ts';
import type { Trace } from './trace.ts';

/** What a forward pass left, and the gradient at the layer's output. Nothing here is modified. */
export interface SequenceCall {
  /** uint8 [batch, steps, features]. */
  readonly input: Uint8Array;
  readonly batch: number;
  /** [batch, steps or 1, hiddenSize]. */
  readonly gradient: Float32Array;
  readonly wantsInput: boolean;
  /** As the forward pass left it. */
  readonly context: SequenceContext;
}

export interface SequenceGradients {
  readonly input: MapGradient;
  readonly hidden: MapGradient;
  /** [batch, steps, features], 0 at steps that no call covers; null where not wanted. */
  readonly atInput: Float32Array | null;
}

/** Throws EngineError, naming the layer, where a gradient is not finite or a chunk too long for its batch. */
export function learnSequence(site: Site<'recurrent'>, call: SequenceCall): SequenceGradients {
  const { recurrence } = learningOf(site, call);
  const [steps] = site.inputShapes[0]!;
  requireSummable(site.name, Math.min(recurrence.exactSteps, steps), call.batch);
  const lesson = new SequenceLesson(site, call);
  for (const chunk of sequenceCalls(recurrence, steps, site.attributes.output).learn) {
    if (chunk.call === 'exact') lesson.learnExactly(chunk);
    else lesson.learnByGates(chunk);
  }
  return lesson.gradients;
}

function learningOf(site: Site<'recurrent'>, { context }: SequenceCall): SequenceLearning {
  if (context.learning !== null) return context.learning;
  throw new EngineError(
    `${site.name}: expected a plan with a recurrence, got none; check the model first`,
  );
}

class SequenceLesson {
  readonly gradients: SequenceGradients;
  readonly #kept: KeptStates;
  /** Null where steps before the cut take the product of the gates alone. */
  readonly #feedback: StateFeedback | null;
  /** At every step's output; null where the output is the last step. */
  readonly #gradient: Float32Array | null;
  readonly #run: SequenceRun;
  readonly #trace: Trace;
  readonly #gates: GateGradients;
  /** At the last step's output, then carried from chunk to chunk; at the cut while gates are replayed. */
  readonly #carried: CarriedGradient;
  /** Where the replay of the gates is. */
  readonly #replayed: { readonly state: CarriedState; readonly decay: Int32Array };

  constructor(site: Site<'recurrent'>, call: SequenceCall) {
    const { input, batch, gradient, wantsInput, context } = call;
    const learning = learningOf(site, call);
    const layer = recurrentLayerOf(site);
    const { steps, features, hiddenSize, rows, kernel } = layer;
    const { lengths } = context.sequence ?? {};
    const first = firstPositions(lengths, batch, steps, context.inputSteps);
    const most = Math.min(learning.recurrence.exactSteps, steps);
    const errors = new Float32Array(most * batch * rows);
    const size = batch * hiddenSize;
    this.#kept = learning.kept.get(site.index)!;
    this.#feedback = learning.feedback.get(site.index) ?? null;
    this.#run = runOf(layer, input, batch, first);
    this.#trace = traceOf(layer, batch, most);
    this.#gates = { input: errors, hidden: kernel.resetsCandidate ? errors.slice() : errors };
    const isLast = site.attributes.output === 'last';
    this.#gradient = isLast ? null : gradient;
    const hidden = isLast ? gradient.slice() : new Float32Array(size);
    this.#carried = { hidden, state: new Float32Array(size) };
    const state = startState(site, batch, context.sequence);
    this.#replayed = { state, decay: new Int32Array(size) };
    this.gradients = {
      input: emptyGradient(rows, features),
      hidden: emptyGradient(rows, hiddenSize),
      atInput: wantsInput ? new Float32Array(batch * steps * features) : null,
    };
  }

  learnExactly(call: Extract<LearnCall, { call: 'exact' }>): void {
    this.#runChunk(call, copyState(this.#kept.states.get(call.from)!));
    const back = { ...call, trace: this.#trace, gradient: this.#gradient };
    goBack(this.#run, back, this.#carried, this.#gates, hiddenBackwardOf(this.#run));
    this.#addChunk(call);
    if (call.carry) return;
    this.#carried.hidden.fill(0);
    this.#carried.state.fill(0);
  }

  learnByGates(call: Extract<LearnCall, { call: 'gates' }>): void {
    const { state, decay } = this.#replayed;
    this.#runChunk(call, state);
    const feedback = this.#feedback;
    const segment = Math.floor(call.position * (feedback?.segments ?? 0));
    const gates = {
      ...call,
      trace: this.#trace,
      atCut: this.#carried,
      decayAtCut: this.#kept.decay,
      decay,
      feedback: feedback && stateGradient(this.#run.layer, feedback, this.#carried, segment),
    };
    replayGates(this.#run, gates, this.#gates);
    this.#addChunk(call);
  }

  /** Forward again, from `state` to the state after the chunk, which is written there. */
  #runChunk({ from, to }: Chunk, state: CarriedState): void {
    beginTrace(this.#trace, state);
    for (let t = from; t < to; t++) runStep(this.#run, this.#trace, t, t - from);
    readTrace(this.#trace, to - from, state);
  }

  #addChunk({ from, to }: Chunk): void {
    const { layer, batch } = this.#run;
    const { rows, hiddenSize, name, inputZeroPoint } = layer;
    const count = (to - from) * batch;
    const [input, hidden] = [this.#gates.input, this.#gates.hidden].map((gates) =>
      gates.subarray(0, count * rows),
    ) as [Float32Array, Float32Array];
    const x = { values: inputRows(this.#run, from, to), zeroPoint: inputZeroPoint };
    const values = this.#trace.hidden.subarray(0, count * hiddenSize);
    const { zeroPoint } = hiddenQuantization;
    addToGradient(this.gradients.input, input, x, name);
    addToGradient(this.gradients.hidden, hidden, { values, zeroPoint }, name);
    const { atInput } = this.gradients;
    if (atInput !== null) writeInputGradient(layer, input, batch, from, atInput);
  }
}

/** The input of steps [from, to) in the order of a trace: [steps, batch, features]. */
function inputRows({ layer, input, batch }: SequenceRun, from: number, to: number): Uint8Array {
  const { steps, features } = layer;
  const rows = new Uint8Array((to - from) * batch * features);
  for (let t = from; t < to; t++) {
    for (let n = 0; n < batch; n++) {
      const at = (n * steps + t) * features;
      rows.set(input.subarray(at, at + features), ((t - from) * batch + n) * features);
    }
  }
  return rows;
}
