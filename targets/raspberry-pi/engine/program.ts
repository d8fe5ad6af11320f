// An open program with all that stays the same from run to run: weights, biases and index tables.
// New weights go where the old ones are: the same tensor is fed and fetched.
import type { InferenceSession, Tensor } from 'onnxruntime-node';

import { EngineError } from '#runtime';

import { detach } from './detach.ts';

export type Tensors = Record<string, Tensor>;

/** Outputs that tell whether anything was learned: not finite, or too large, where it was not. */
const healthOutputs = ['totalScale', 'gradientNorms'];

/** Programs learn nothing beyond this sum of their health output. */
const largestHealth = 1e28;

export class Program {
  readonly name: string;
  readonly session: InferenceSession;
  readonly #fixed: Readonly<Tensors>;
  /** What one run at a time is fed: made once, since a lesson runs some programs hundreds of times a step. */
  readonly #feeds: Record<string, Tensor | undefined>;
  #isRunning = false;
  readonly #fetches: Readonly<Record<string, Tensor | null>>;
  /** Tensors that an output is written over, by the output's name. */
  readonly inPlace: ReadonlyMap<string, Tensor>;

  /** `fixed` are the inputs that every run is fed; the weights among them change in place. */
  constructor(name: string, session: InferenceSession, fixed: Readonly<Tensors>) {
    this.name = name;
    this.session = session;
    this.#fixed = fixed;
    this.#feeds = Object.fromEntries(session.inputNames.map((input) => [input, fixed[input]]));
    const targets = session.outputNames.map(
      (output) => [output, fixed[currentName(output)] ?? null] as const,
    );
    this.#fetches = Object.fromEntries(targets);
    this.inPlace = new Map(
      targets.flatMap(([output, target]) => (target === null ? [] : [[output, target] as const])),
    );
  }

  /** Sizes of an input, -1 where they are free. */
  dimensionsOf(input: string): number[] {
    return dimensionsOf(this.session, input);
  }

  /**
   * Runs once; weights change in place where the program updates any. Feeds that are no inputs of it
   * are left aside. Throws EngineError where ONNX
   * Runtime does, and where an error was not finite: then nothing was learned.
   */
  async run(feeds: Readonly<Tensors>): Promise<Outputs> {
    const outputs = await this.#runSession(feeds, this.#fetches);
    detach(Array.from(this.inPlace.keys(), (output) => outputs.take(output)));
    for (const name of healthOutputs) this.#requireHealth(outputs, name);
    return outputs;
  }

  /** The same, but new weights are outputs like others and the old ones stay. */
  async runApart(feeds: Readonly<Tensors>): Promise<Outputs> {
    const fetches = Object.keys(this.#fetches).map((output) => [output, null]);
    return this.#runSession(feeds, Object.fromEntries(fetches));
  }

  async #runSession(
    feeds: Readonly<Tensors>,
    fetches: Readonly<Record<string, Tensor | null>>,
  ): Promise<Outputs> {
    const isOwn = !this.#isRunning;
    this.#isRunning = true;
    try {
      const all = isOwn ? this.#fill(feeds) : { ...this.#fixed, ...feeds };
      return new Outputs(this.name, await this.session.run(all, fetches));
    } catch (cause) {
      throw new EngineError(`onnxruntime: program "${this.name}" failed: ${String(cause)}`, {
        cause,
      });
    } finally {
      if (isOwn) {
        this.#fill({}); // so that what was fed is not held until the next run
        this.#isRunning = false;
      }
    }
  }

  #fill(feeds: Readonly<Tensors>): Tensors {
    for (const input of this.session.inputNames) {
      this.#feeds[input] = feeds[input] ?? this.#fixed[input];
    }
    return this.#feeds as Tensors;
  }

  #requireHealth(outputs: Outputs, name: string): void {
    if (!outputs.has(name)) return;
    const health = outputs.take(name).data as Float32Array;
    if (health.reduce((sum, value) => sum + value, 0) < largestHealth) return;
    throw new EngineError(
      `onnxruntime: program "${this.name}": expected a finite gradient, got a NaN or an infinity; nothing was updated by it: lower the learning rate`,
    );
  }
}

/** Outputs of one run by name; whoever takes one owns it. */
export class Outputs {
  readonly #program: string;
  readonly #tensors: Readonly<Tensors>;

  constructor(program: string, tensors: Readonly<Tensors>) {
    this.#program = program;
    this.#tensors = tensors;
  }

  has(name: string): boolean {
    return this.#tensors[name] !== undefined;
  }

  /** A quantised error, by the inputs of programs that take it as the source of feedback. */
  takeError(name: string): Tensors {
    return {
      source: this.take(name),
      sourceScale: this.take(`${name}Scale`),
      sourceZero: this.take(`${name}Zero`),
    };
  }

  take(name: string): Tensor {
    const tensor = this.#tensors[name];
    if (tensor !== undefined) return tensor;
    throw new EngineError(
      `onnxruntime: expected program "${this.#program}" to have an output "${name}", got none; export again`,
    );
  }
}

/** Sizes of an input, -1 where they are free. */
export function dimensionsOf(session: InferenceSession, input: string): number[] {
  const metadata = session.inputMetadata.find(({ name }) => name === input);
  if (metadata === undefined || !metadata.isTensor) {
    throw new EngineError(`onnxruntime: expected a program with an input "${input}", got none`);
  }
  return metadata.shape.map((size) => (typeof size === 'number' ? size : -1));
}

/** An array of a layer that programs name: `weights:7`, or of a recurrent one `weights:7/hidden`. */
export interface LayerArrayName {
  readonly kind: string;
  readonly node: number;
  /** Which of a recurrent layer's two linear maps; null of other layers. */
  readonly part: 'input' | 'hidden' | null;
}

/** Null for other names. */
export function layerArrayName(name: string): LayerArrayName | null {
  const [, kind, node, part] = /^(\w+):(\d+)(?:\/(input|hidden))?$/.exec(name) ?? [];
  if (kind === undefined) return null;
  return { kind, node: Number(node), part: (part as 'input' | 'hidden' | undefined) ?? null };
}

/** `newWeights:7` -> `weights:7`; other names as they are, which no input has. */
function currentName(output: string): string {
  return output.replace(/^new([A-Z])/, (_, first: string) => first.toLowerCase());
}
