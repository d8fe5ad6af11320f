import { Tensor } from 'onnxruntime-node';
import type { InferenceSession } from 'onnxruntime-node';

// An open program with all that stays the same from run to run: weights, biases and index tables.
// Its inputs and outputs are described with the exporter that writes it; names say what they are.
import { EngineError, noiseOffset } from '#runtime';
import type { EngineInput, StepRates } from '#runtime';

import { detach } from './detach.ts';
import type { IndexTables } from './index-tables.ts';

export interface ProgramParts {
  readonly name: string;
  readonly session: InferenceSession;
  readonly parameters: EngineInput['parameters'];
  readonly tables: IndexTables;
  /** See noiseTable. */
  readonly noise: Float32Array;
}

type Tensors = Record<string, Tensor>;

/** Outputs of one run by name; whoever takes one owns it. */
export class ProgramOutputs {
  readonly #program: string;
  readonly #tensors: Readonly<Tensors>;

  constructor(program: string, tensors: Readonly<Tensors>) {
    this.#program = program;
    this.#tensors = tensors;
  }

  has(name: string): boolean {
    return this.#tensors[name] !== undefined;
  }

  take(name: string): Tensor {
    const tensor = this.#tensors[name];
    if (tensor !== undefined) return tensor;
    throw new EngineError(
      `onnxruntime: expected program "${this.#program}" to have an output "${name}", got none; export again`,
    );
  }
}

export class Program {
  readonly name: string;
  readonly session: InferenceSession;
  /** Node indices of the layers it updates. */
  readonly updates: readonly number[];
  readonly #noise: Float32Array;
  readonly #fixed: Readonly<Tensors>;
  readonly #fetches: Readonly<Record<string, Tensor | null>>;

  constructor({ name, session, parameters, tables, noise }: ProgramParts) {
    this.name = name;
    this.session = session;
    this.#noise = noise;
    this.updates = session.outputNames.flatMap((output) => indexIn('newWeights', output));
    const fixed: Tensors = {};
    for (const input of session.inputNames) {
      const tensor = tables.isTable(input)
        ? tables.get(input)
        : parameterTensor(input, this.dimensionsOf(input), parameters);
      if (tensor !== null) fixed[input] = tensor;
    }
    this.#fixed = fixed;
    // New weights go where the old ones are: the same tensor is fed and fetched.
    this.#fetches = Object.fromEntries(
      session.outputNames.map((output) => [output, fixed[currentName(output)] ?? null]),
    );
  }

  /** The same program on other arrays; the session is shared. */
  withParameters(parameters: EngineInput['parameters'], tables: IndexTables): Program {
    return new Program({
      name: this.name,
      session: this.session,
      parameters,
      tables,
      noise: this.#noise,
    });
  }

  /** Sizes of an input, -1 where they are free. */
  dimensionsOf(input: string): number[] {
    const metadata = this.session.inputMetadata.find(({ name }) => name === input);
    if (metadata === undefined || !metadata.isTensor) {
      throw new EngineError(`onnxruntime: program "${this.name}" has no input "${input}"`);
    }
    return metadata.shape.map((size) => (typeof size === 'number' ? size : -1));
  }

  /**
   * Runs once; weights change in place where the program updates any, and `rates` must be given.
   * The caller owns the result's tensors. Throws EngineError where ONNX Runtime does, and where an
   * error was not finite: then nothing was learned.
   */
  async run(feeds: Readonly<Tensors>, rates?: StepRates): Promise<ProgramOutputs> {
    const outputs = await this.#runSession(feeds, rates, this.#fetches);
    for (const node of this.updates) {
      release(outputs, `newWeights:${node}`);
      release(outputs, `newBias:${node}`);
    }
    this.#requireFinite(outputs['errorScales']);
    return new ProgramOutputs(this.name, outputs);
  }

  /** The same, but new weights are outputs like others and the old ones stay. */
  async runApart(feeds: Readonly<Tensors>, rates: StepRates): Promise<Tensors> {
    const outputs = Object.keys(this.#fetches).map((output) => [output, null]);
    return this.#runSession(feeds, rates, Object.fromEntries(outputs));
  }

  async #runSession(
    feeds: Readonly<Tensors>,
    rates: StepRates | undefined,
    fetches: Readonly<Record<string, Tensor | null>>,
  ): Promise<Tensors> {
    const learning = rates === undefined ? {} : this.#learningFeeds(rates);
    try {
      return { ...(await this.session.run({ ...this.#fixed, ...feeds, ...learning }, fetches)) };
    } catch (cause) {
      throw new EngineError(`onnxruntime: program "${this.name}" failed: ${String(cause)}`, {
        cause,
      });
    }
  }

  #learningFeeds({ rate, clip, ratio, seed, step }: StepRates): Tensors {
    if (this.updates.length === 0) return {};
    const feeds: Tensors = { rates: new Tensor('float32', [rate, clip, ratio], [3]) };
    for (const node of this.updates) {
      const dimensions = this.dimensionsOf(`noise:${node}`);
      const start = noiseOffset(seed, node, step);
      const length = dimensions.reduce((total, size) => total * size, 1);
      const noise = this.#noise.subarray(start, start + length);
      feeds[`noise:${node}`] = new Tensor('float32', noise, dimensions);
    }
    return feeds;
  }

  #requireFinite(scales: Tensor | undefined): void {
    if (scales === undefined) return;
    const total = (scales.data as Float32Array).reduce((sum, scale) => sum + scale, 0);
    if (total < 3e38) return; // what the program itself asks before it changes a weight
    throw new EngineError(
      `onnxruntime: program "${this.name}": expected a finite gradient, got a NaN or an infinity; nothing was updated: lower the learning rate`,
    );
  }
}

function release(outputs: Tensors, name: string): void {
  const data = outputs[name]?.data;
  if (ArrayBuffer.isView(data)) detach(data.buffer);
  delete outputs[name];
}

/** `newWeights:7` -> `weights:7`. */
function currentName(output: string): string {
  return output.replace(/^new(.)/, (_, first: string) => first.toLowerCase());
}

function indexIn(kind: string, name: string): number[] {
  return name.startsWith(`${kind}:`) ? [Number(name.slice(kind.length + 1))] : [];
}

/** A view of the caller's array, or null for inputs that are no parameters. */
function parameterTensor(
  input: string,
  dimensions: readonly number[],
  parameters: EngineInput['parameters'],
): Tensor | null {
  const [weights, bias] = [indexIn('weights', input), indexIn('bias', input)];
  const layer = parameters.get(weights[0] ?? bias[0] ?? -1);
  if (layer === undefined) return null;
  return weights.length > 0
    ? new Tensor('int8', layer.weights, dimensions)
    : new Tensor('int32', layer.bias, dimensions);
}
