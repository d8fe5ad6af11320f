// The reference engine: the kernels behind runtime/engine.ts. It is the oracle that other engines
// are held to, and the fallback where none of them runs.
import type {
  Activation,
  EngineInput,
  Gradient,
  Sequence,
  SequenceEngine,
  SequenceState,
  StepRates,
  TailResult,
} from '../engine.ts';
import { InputError } from '../errors.ts';
import { sizeOf } from '../graph/shape.ts';
import { requireRates, requireRunnable, requireSequence } from './check-input.ts';
import { copySequence } from './copy-sequence.ts';
import { softmaxError } from './error.ts';
import { forwardRange, holdRange, logitsFrom, logitsValue } from './forward-range.ts';
import type { ForwardCall } from './forward-range.ts';
import { activationValues, gradientValues, Handle, requireLength, sequenceOf } from './handle.ts';
import { learnDirectly, learnExactly, learnLocally } from './learn-range.ts';
import { feedbackByModule, gradientIsUsedBefore } from './module-feedback.ts';
import type { ModuleFeedback } from './module-feedback.ts';
import { moduleRange } from './module-range.ts';
import { networkOf } from './network.ts';
import type { Network } from './network.ts';
import { plainContext } from './recurrent/sequence-context.ts';
import type { SequenceContext } from './recurrent/sequence-context.ts';
import { loadSequenceKernel, sequenceKernelFor } from './sequence-kernel.ts';
import type { SequenceKernel } from './sequence-kernel.ts';

/**
 * Opens the reference kernels on a model. The engine reads weights from `input.parameters` and
 * writes them there, in place, as the last thing a learning call does: a call that throws has
 * changed nothing. `input.model.layers` must hold what was exported: steps are clipped against it.
 * Arguments are never modified; activations and gradients are fresh and live until disposed. Loads the kernel
 * of recurrent layers where the model has some.
 */
export async function openKernelEngine(input: EngineInput): Promise<SequenceEngine> {
  const sequences = await sequenceKernelFor(input);
  requireRunnable(input, sequences);
  return new KernelEngine(input, networkOf(input, sequences), sequences);
}

interface Steps extends Pick<SequenceKernel, 'predictStep'> {
  readonly network: Network;
}

async function openSteps(input: EngineInput, sequences: SequenceKernel | null): Promise<Steps> {
  const { predictStep, stepNetworkOf } = sequences ?? (await loadSequenceKernel());
  return { network: stepNetworkOf(input, sequences), predictStep };
}

const noFeedback: ModuleFeedback['calls'] = new Map();

class KernelEngine implements SequenceEngine {
  readonly name = 'kernels';
  readonly #input: EngineInput;
  readonly #network: Network;
  /** By module. */
  readonly #feedback: readonly (ModuleFeedback | null)[];
  /** The same model for sequences of one step; made when it is first asked for. */
  #steps: Steps | null = null;
  readonly #sequences: SequenceKernel | null;

  constructor(input: EngineInput, network: Network, sequences: SequenceKernel | null) {
    this.#input = input;
    this.#network = network;
    this.#feedback = feedbackByModule(input);
    this.#sequences = sequences;
  }

  upload(samples: Uint8Array, batch: number, sequence?: Sequence): Activation {
    const values = this.#checked('upload', samples, batch, 0).slice();
    requireSequence('upload', sequence, batch, this.#network);
    return new Handle(batch, values, copySequence(sequence));
  }

  async download(activation: Activation): Promise<Uint8Array> {
    return activationValues(activation, 'download').slice();
  }

  async predict(samples: Uint8Array, batch: number, sequence?: Sequence): Promise<Float32Array> {
    const { sites } = this.#network;
    const input = this.#checked('predict', samples, batch, 0);
    requireSequence('predict', sequence, batch, this.#network);
    const range = { from: 0, to: logitsValue(sites) };
    const context = plainContext(this.#network.inputSteps, sequence);
    return logitsFrom(sites, forwardRange(sites, { range, input, batch, context }), batch);
  }

  async predictStep(
    samples: Uint8Array,
    batch: number,
    state: SequenceState | null,
  ): Promise<{ readonly logits: Float32Array; readonly state: SequenceState }> {
    this.#steps ??= await openSteps(this.#input, this.#sequences);
    const { network, predictStep } = this.#steps;
    return predictStep(network, samples, batch, state);
  }

  async forward(from: number, to: number, input: Activation): Promise<Activation> {
    const call = this.#call('forward', from, to, input);
    if (this.#network.sites[call.range.to - 1]?.outputQuantization === null) {
      throw new InputError(
        'forward: expected a range that ends in a value, got logits; use predict',
      );
    }
    const context = { ...call.context, learning: null };
    const values = forwardRange(this.#network.sites, { ...call, context });
    return new Handle(call.batch, values, sequenceOf(input));
  }

  async learnTail(
    from: number,
    input: Activation,
    targets: Float32Array,
    rates: StepRates,
  ): Promise<TailResult> {
    requireRates(rates);
    const { sites, shapes } = this.#network;
    const call = this.#call('learnTail', from, this.#input.modules.length, input);
    const { batch } = call;
    this.#checked('learnTail targets', targets, batch, shapes.length - 1);
    const values = holdRange(sites, call);
    const logits = logitsFrom(sites, values.get(logitsValue(sites))!, batch);
    const gradient = softmaxError(logits, targets, shapes.at(-1)![2]);
    const wantsInput = gradientIsUsedBefore(from, this.#input.plan, this.#feedback);
    const exact = { values, gradient, wantsInput, feedbacks: noFeedback };
    const atInput = learnExactly(this.#network, call, exact, rates);
    return {
      logits,
      error: new Handle(batch, gradient),
      inputGradient: atInput === null ? null : new Handle(batch, atInput),
    };
  }

  async learnByFeedback(
    module: number,
    input: Activation,
    source: Gradient,
    rates: StepRates,
  ): Promise<Activation> {
    requireRates(rates);
    const call = this.#call('learnByFeedback', module, module + 1, input);
    const feedback = this.#feedback[module]!;
    if (feedback === null || feedback.source === 'module') {
      const { name } = this.#input.modules[module]!;
      throw new InputError(
        `learnByFeedback: expected a module with feedback from the logits or the tail, got ${name}; use learnByReplay`,
      );
    }
    const error = gradientValues(source, 'learnByFeedback');
    requireLength('learnByFeedback source', error, call.batch, sizeOf(feedback.sourceShape));
    const atEnd =
      feedback.rule === 'feedback-local' ? feedback.calls.get(call.range.to) : undefined;
    const output =
      atEnd === undefined
        ? learnDirectly(this.#network, call, { feedbacks: feedback.calls, error }, rates)
        : learnLocally(this.#network, call, { feedback: atEnd, error }, rates);
    return new Handle(call.batch, output, sequenceOf(input));
  }

  async learnByReplay(
    module: number,
    input: Activation,
    gradient: Gradient,
    rates: StepRates,
  ): Promise<Gradient> {
    requireRates(rates);
    const call = this.#call('learnByReplay', module, module + 1, input);
    const atEnd = gradientValues(gradient, 'learnByReplay');
    this.#checked('learnByReplay gradient', atEnd, call.batch, call.range.to);
    const own = this.#feedback[module]!;
    const exact = {
      values: holdRange(this.#network.sites, call),
      gradient: atEnd,
      wantsInput: true,
      feedbacks: own?.source === 'module' ? own.calls : noFeedback,
    };
    return new Handle(call.batch, learnExactly(this.#network, call, exact, rates)!);
  }

  /** The arrays given at opening are the ones the engine computes with. */
  async pull(): Promise<void> {}

  async push(): Promise<void> {}

  async [Symbol.asyncDispose](): Promise<void> {}

  #call(where: string, from: number, to: number, input: Activation): ForwardCall {
    const { sites } = this.#network;
    const range = moduleRange(where, this.#input.modules, sites.length, [from, to]);
    const { batch } = input;
    const values = this.#checked(where, activationValues(input, where), batch, range.from);
    const context = this.#context(sequenceOf(input));
    return { range, input: values, batch, context };
  }

  /** Of a call that learns. */
  #context(sequence: Sequence | undefined): SequenceContext {
    const { inputSteps, recurrence, stateFeedback } = this.#network;
    const plain = plainContext(inputSteps, sequence);
    if (recurrence === null) return plain;
    return { ...plain, learning: { recurrence, feedback: stateFeedback, kept: new Map() } };
  }

  #checked<Values extends Uint8Array | Float32Array>(
    where: string,
    values: Values,
    batch: number,
    value: number,
  ): Values {
    return requireLength(where, values, batch, sizeOf(this.#network.shapes[value]!));
  }
}
