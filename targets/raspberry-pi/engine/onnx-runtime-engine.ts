// The engine of the Raspberry Pi: stock onnxruntime-node runs exported programs. Learning is
// inference here: a program reads a module's weights and writes the new ones over them.
import { Tensor } from 'onnxruntime-node';

import type {
  DeviceActivation,
  Engine,
  EngineInput,
  Gradient,
  StepRates,
  TailResult,
} from '#runtime';

import { requireRates, SummableBatches, ValueChecks } from './check-call.ts';
import { detach } from './detach.ts';
import { OnnxActivation, OnnxGradient } from './device-tensor.ts';
import { forwardPrograms } from './forward-programs.ts';
import { OpenPrograms } from './open-programs.ts';
import { frozenDigest, requireOwnMemory } from './parameter-arrays.ts';
import type { Outputs } from './program.ts';

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
): Promise<Engine> {
  requireOwnMemory(input.parameters);
  return new OnnxRuntimeEngine(input, threads);
}

/** Modules [from, to), the activation at their input, and what the program wants beside it. */
interface LearnCall {
  readonly from: number;
  readonly to: number;
  readonly x: Tensor;
  readonly own: Readonly<Record<string, Tensor>>;
  readonly rates: StepRates;
}

class OnnxRuntimeEngine implements Engine {
  readonly name = 'onnxruntime';
  readonly #input: EngineInput;
  readonly #checks: ValueChecks;
  readonly #summable: SummableBatches;
  readonly #programs: OpenPrograms;
  /** Of the weights that stand in sessions. */
  #frozenDigest: string;

  constructor(input: EngineInput, threads: number) {
    this.#input = input;
    this.#checks = new ValueChecks(input);
    this.#summable = new SummableBatches(input);
    this.#programs = new OpenPrograms(input, threads);
    this.#frozenDigest = frozenDigest(input);
  }

  upload(samples: Uint8Array, batch: number): DeviceActivation {
    return new OnnxActivation(this.#checks.samples('upload', new Uint8Array(samples), batch));
  }

  async download(activation: DeviceActivation): Promise<Uint8Array> {
    return (this.#checks.anyActivation('download', activation).data as Uint8Array).slice();
  }

  async predict(samples: Uint8Array, batch: number): Promise<Float32Array> {
    const x = this.#checks.samples('predict', samples, batch);
    const outputs = await (await this.#programs.get('predict')).program.run({ x });
    return outputs.take('logits').data as Float32Array;
  }

  async forward(from: number, to: number, input: DeviceActivation): Promise<DeviceActivation> {
    const x = this.#checks.activation('forward', from, input);
    const names = forwardPrograms(this.#input, from, to);
    if (names.length === 0) return new OnnxActivation(copyOf(x));
    let current = x;
    for (const name of names) {
      const outputs = await (await this.#programs.get(name)).program.run({ x: current });
      if (current !== x) detach([current]);
      current = outputs.take('y');
    }
    return new OnnxActivation(current);
  }

  async learnTail(
    from: number,
    input: DeviceActivation,
    targets: Float32Array,
    rates: StepRates,
  ): Promise<TailResult> {
    const end = this.#input.modules.length;
    const x = this.#checks.activation('learnTail', from, input);
    const own = { targets: this.#checks.targets('learnTail', targets, input.batch) };
    const outputs = await this.#learn(`tail:${from}`, { from, to: end, x, own, rates });
    const atInput = {
      ...(outputs.has('inputGradient') ? { gradient: outputs.take('inputGradient') } : {}),
      ...(outputs.has('inputError') ? outputs.takeError('inputError') : {}),
    };
    return {
      logits: outputs.take('logits').data as Float32Array,
      error: new OnnxGradient(input.batch, outputs.takeError('error')),
      inputGradient:
        Object.keys(atInput).length > 0 ? new OnnxGradient(input.batch, atInput) : null,
    };
  }

  async learnByFeedback(
    module: number,
    input: DeviceActivation,
    source: Gradient,
    rates: StepRates,
  ): Promise<DeviceActivation> {
    const x = this.#checks.activation('learnByFeedback', module, input);
    const own = this.#checks.gradient('learnByFeedback', source, input.batch);
    const call = { from: module, to: module + 1, x, own, rates };
    const outputs = await this.#learn(`feedback:${module}`, call);
    return new OnnxActivation(outputs.take('y'));
  }

  async learnByReplay(
    module: number,
    input: DeviceActivation,
    gradient: Gradient,
    rates: StepRates,
  ): Promise<Gradient> {
    const x = this.#checks.activation('learnByReplay', module, input);
    const own = this.#checks.gradient('learnByReplay', gradient, input.batch);
    const call = { from: module, to: module + 1, x, own, rates };
    const outputs = await this.#learn(`replay:${module}`, call);
    return new OnnxGradient(input.batch, { gradient: outputs.take('inputGradient') });
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

  async #learn(name: string, { x, own, rates, ...modules }: LearnCall): Promise<Outputs> {
    requireRates(rates);
    this.#summable.require(modules, x.dims[0] ?? 0);
    const { program, learning } = await this.#programs.get(name);
    return program.run({ x, ...own, ...learning.at(rates) });
  }
}

function copyOf(x: Tensor): Tensor {
  return new Tensor('uint8', (x.data as Uint8Array).slice(), x.dims);
}
