// The engine of the Raspberry Pi: stock onnxruntime-node runs exported programs. Learning is
// inference here: a program reads a module's weights and writes the new ones over them.
import { Tensor } from 'onnxruntime-node';

import { EngineError, InputError, layoutOf, quantizeError } from '#runtime';
import type {
  DeviceActivation,
  EngineInput,
  Gradient,
  Sequence,
  SequenceEngine,
  SequenceState,
  StepLayout,
  StepRates,
  TailResult,
} from '#runtime';
import { requireStepwise } from '#runtime/sequences';

import { requireRates, SummableBatches, ValueChecks } from './check-call.ts';
import { detach } from './detach.ts';
import { OnnxActivation, OnnxGradient } from './device-tensor.ts';
import { forwardPrograms } from './forward-programs.ts';
import { OpenPrograms } from './open-programs.ts';
import { frozenDigest, requireOwnMemory } from './parameter-arrays.ts';
import type { Outputs, Tensors } from './program.ts';
import { RecurrentLesson } from './recurrent-lesson.ts';
import { recurrentModules } from './recurrent-modules.ts';
import type { RecurrentModule } from './recurrent-modules.ts';
import { SequenceFeeds } from './sequence-feeds.ts';
import { learnInParts } from './tail-lesson.ts';
import type { PartRunner, TailCall } from './tail-lesson.ts';
import { tailParts } from './tail-parts.ts';
import type { TailPart } from './tail-parts.ts';

export interface EngineOptions {
  /** Threads of ONNX Runtime within an operator; default 1. */
  readonly threads?: number;
}

/**
 * Opens ONNX Runtime on the programs that a package was exported with. `input.parameters` are
 * updated in place, so `pull` has nothing to copy; they must not lie in shared memory. Sessions open
 * at their first use. Errors are EngineError, naming the program and the cause, or InputError for
 * arguments that do not fit.
 */
export async function openOnnxRuntimeEngine(
  input: EngineInput,
  { threads = 1 }: EngineOptions = {},
): Promise<SequenceEngine> {
  requireOwnMemory(input.parameters);
  return new OnnxRuntimeEngine(input, threads);
}

/** Modules [from, to), and what the program is fed beside the rates. */
interface LearnCall {
  readonly from: number;
  readonly to: number;
  readonly own: Readonly<Tensors>;
  readonly rates: StepRates;
}

class OnnxRuntimeEngine implements SequenceEngine {
  readonly name = 'onnxruntime';
  readonly #input: EngineInput;
  readonly #checks: ValueChecks;
  readonly #summable: SummableBatches;
  readonly #programs: OpenPrograms;
  readonly #sequences: SequenceFeeds;
  /** By module. */
  readonly #recurrent: ReadonlyMap<number, RecurrentModule>;
  readonly #layout: StepLayout;
  /** Of the weights that stand in sessions. */
  #frozenDigest: string;

  constructor(input: EngineInput, threads: number) {
    this.#input = input;
    this.#checks = new ValueChecks(input);
    this.#summable = new SummableBatches(input);
    this.#programs = new OpenPrograms(input, threads);
    this.#sequences = new SequenceFeeds(input);
    this.#recurrent = recurrentModules(input);
    this.#layout = layoutOf(input.plan, input.modules, input.feedback);
    this.#frozenDigest = frozenDigest(input);
  }

  upload(samples: Uint8Array, batch: number, sequence?: Sequence): DeviceActivation {
    const x = this.#checks.samples('upload', samples, batch);
    this.#sequences.of('upload', batch, sequence);
    return new OnnxActivation(x, copySequence(sequence), { isBorrowed: true });
  }

  async download(activation: DeviceActivation): Promise<Uint8Array> {
    return (this.#checks.anyActivation('download', activation).data as Uint8Array).slice();
  }

  async predict(samples: Uint8Array, batch: number, sequence?: Sequence): Promise<Float32Array> {
    const x = this.#checks.samples('predict', samples, batch);
    const starts = this.#sequences.of('predict', batch, sequence);
    const outputs = await (await this.#programs.get('predict')).program.run({ x, ...starts });
    return outputs.take('logits').data as Float32Array;
  }

  async predictStep(
    samples: Uint8Array,
    batch: number,
    state: SequenceState | null,
  ): Promise<{ readonly logits: Float32Array; readonly state: SequenceState }> {
    if (!this.#input.programs.has('step')) requireStepwise(this.#input.model.graph);
    const x = this.#checks.step('predictStep', samples, batch);
    const starts = this.#sequences.of('predictStep', batch, state === null ? undefined : { state });
    const outputs = await (await this.#programs.get('step')).program.run({ x, ...starts });
    return {
      logits: outputs.take('logits').data as Float32Array,
      state: this.#sequences.next((name) => outputs.take(name)),
    };
  }

  async forward(from: number, to: number, input: DeviceActivation): Promise<DeviceActivation> {
    const x = this.#checks.activation('forward', from, input);
    const y = await this.#forward({ from, to }, x, input);
    return new OnnxActivation(y, this.#checks.sequence(input));
  }

  async learnTail(
    from: number,
    input: DeviceActivation,
    targets: Float32Array,
    rates: StepRates,
  ): Promise<TailResult> {
    const x = this.#checks.activation('learnTail', from, input);
    const own = { x, targets: this.#checks.targets('learnTail', targets, input.batch) };
    const parts = tailParts(this.#input, from);
    if (parts.length > 1) return this.#learnInParts(parts, { ...own, rates }, input);
    const call = { from, to: this.#input.modules.length, own, rates };
    const outputs = await this.#learn(`tail:${from}`, call, input.batch);
    const atInput = {
      ...(outputs.has('inputGradient') ? { gradient: outputs.take('inputGradient') } : {}),
      ...(outputs.has('inputError') ? outputs.takeError('inputError') : {}),
    };
    return tailResult(outputs, input.batch, atInput);
  }

  async learnByFeedback(
    module: number,
    input: DeviceActivation,
    source: Gradient,
    rates: StepRates,
  ): Promise<DeviceActivation> {
    const x = this.#checks.activation('learnByFeedback', module, input);
    const own = this.#checks.gradient('learnByFeedback', source, input.batch);
    const sequence = this.#checks.sequence(input);
    const call = { from: module, to: module + 1, own: { x, ...own }, rates };
    if (!this.#recurrent.has(module)) {
      const outputs = await this.#learn(`feedback:${module}`, call, input.batch);
      return new OnnxActivation(outputs.take('y'), sequence);
    }
    const { program } = await this.#programs.get(`end-gradient:${module}`);
    const gradient = (await program.run(own)).take('gradient');
    const { y, atInput } = await this.#learnRecurrent({ module, x, gradient, rates }, input);
    detach([gradient, ...(atInput === null ? [] : [atInput])]);
    return new OnnxActivation(y, sequence);
  }

  async learnByReplay(
    module: number,
    input: DeviceActivation,
    gradient: Gradient,
    rates: StepRates,
  ): Promise<Gradient> {
    const x = this.#checks.activation('learnByReplay', module, input);
    const own = this.#checks.gradient('learnByReplay', gradient, input.batch);
    const call = { from: module, to: module + 1, own: { x, ...own }, rates };
    if (!this.#recurrent.has(module)) {
      const outputs = await this.#learn(`replay:${module}`, call, input.batch);
      const isUsed = outputs.has('inputGradient');
      return new OnnxGradient(
        input.batch,
        isUsed ? { gradient: outputs.take('inputGradient') } : {},
      );
    }
    const atEnd = own['gradient'];
    if (atEnd === undefined) {
      throw new InputError('learnByReplay: expected an exact gradient, got an error for feedback');
    }
    const { y, atInput } = await this.#learnRecurrent({ module, x, gradient: atEnd, rates }, input);
    detach([y]);
    return new OnnxGradient(input.batch, atInput === null ? {} : { gradient: atInput });
  }

  /** The arrays given at opening are the ones that programs write. */
  async pull(): Promise<void> {}

  /** Trained weights are read anew by every run; sessions hold the others, and open again if those changed. */
  async push(): Promise<void> {
    const digest = frozenDigest(this.#input);
    if (digest === this.#frozenDigest) return;
    this.#frozenDigest = digest;
    await this.#programs.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#programs.close();
  }

  /** The caller owns the result. */
  async #forward(
    { from, to }: { readonly from: number; readonly to: number },
    x: Tensor,
    input: DeviceActivation,
  ): Promise<Tensor> {
    const sequence = this.#checks.sequence(input);
    const starts = this.#sequences.of('forward', input.batch, sequence);
    const names = forwardPrograms(this.#input, from, to);
    if (names.length === 0) return copyOf(x);
    let current = x;
    for (const name of names) {
      const { program } = await this.#programs.get(name);
      const outputs = await program.run({ x: current, ...starts });
      if (current !== x) detach([current]);
      current = outputs.take('y');
    }
    return current;
  }

  async #learn(name: string, { own, rates, ...range }: LearnCall, batch: number): Promise<Outputs> {
    requireRates(rates);
    this.#summable.require(range, batch);
    const { program, learning } = await this.#programs.get(name);
    return program.run({ ...own, ...learning.at(rates) });
  }

  /** Where a part fails, the parts behind it have learned. */
  async #learnInParts(
    parts: readonly TailPart[],
    call: TailCall,
    input: DeviceActivation,
  ): Promise<TailResult> {
    const { rates } = call;
    const range = { from: parts[0]?.from ?? 0, to: this.#input.modules.length };
    requireRates(rates);
    this.#summable.require(range, input.batch);
    const runner: PartRunner = {
      forward: (part, x) => this.#forward(part, x, input),
      learn: (name, part, feeds) => this.#learn(name, { ...part, own: feeds, rates }, input.batch),
      lesson: (module, x) => this.#lesson(module, x, input),
    };
    const { outputs, atInput } = await learnInParts(runner, parts, call);
    const { replay, tail, sources } = this.#layout;
    const result = tailResult(outputs, input.batch, {
      ...(atInput !== null && sources.includes('tail') ? quantised(atInput) : {}),
      ...(atInput !== null && replay < tail ? { gradient: atInput } : {}),
    });
    if (atInput !== null && replay === tail) detach([atInput]);
    return result;
  }

  /** Of a module that is a recurrent layer, from the gradient at its end. */
  async #learnRecurrent(
    call: { module: number; x: Tensor; gradient: Tensor; rates: StepRates },
    input: DeviceActivation,
  ): Promise<{ readonly y: Tensor; readonly atInput: Tensor | null }> {
    const { module, x, gradient, rates } = call;
    requireRates(rates);
    this.#summable.require({ from: module, to: module + 1 }, input.batch);
    const lesson = this.#lesson(module, x, input);
    const y = await lesson.forward();
    const atInput = await lesson.learn(gradient);
    await lesson.update(rates);
    return { y, atInput };
  }

  #lesson(module: number, x: Tensor, input: DeviceActivation): RecurrentLesson {
    const { batch } = input;
    const own = this.#recurrent.get(module);
    const starts = this.#sequences.starts('learn', batch, this.#checks.sequence(input));
    const start = own && starts.get(own.index);
    if (own !== undefined && start !== undefined) {
      return new RecurrentLesson(this.#programs, own, { x, batch, start });
    }
    throw new EngineError(
      `onnxruntime: expected module ${module} to be a recurrent layer that the plan trains`,
    );
  }
}

/** `atInput` by the inputs of programs it is fed to, see OnnxGradient. */
function tailResult(outputs: Outputs, batch: number, atInput: Tensors): TailResult {
  const isUsed = Object.keys(atInput).length > 0;
  return {
    logits: outputs.take('logits').data as Float32Array,
    error: new OnnxGradient(batch, outputs.takeError('error')),
    inputGradient: isUsed ? new OnnxGradient(batch, atInput) : null,
  };
}

/** A gradient as the source of feedback. */
function quantised(gradient: Tensor): Tensors {
  const { values, scale, zeroPoint } = quantizeError(gradient.data as Float32Array, 'learnTail');
  return {
    source: new Tensor('uint8', values, gradient.dims),
    sourceScale: new Tensor('float32', Float32Array.of(scale), []),
    sourceZero: new Tensor('uint8', Uint8Array.of(zeroPoint), []),
  };
}

function copyOf(x: Tensor): Tensor {
  return new Tensor('uint8', (x.data as Uint8Array).slice(), x.dims);
}

function copySequence(sequence: Sequence | undefined): Sequence | undefined {
  if (sequence === undefined) return undefined;
  const { lengths, state } = sequence;
  return {
    lengths: lengths?.slice(),
    state:
      state &&
      new Map(
        Array.from(state, ([node, own]) => [
          node,
          { hidden: own.hidden.slice(), state: own.state.slice() },
        ]),
      ),
  };
}
