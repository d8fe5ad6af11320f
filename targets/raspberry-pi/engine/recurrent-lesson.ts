// One recurrent layer's part in a learning call: its programs, run chunk by chunk in the order of
// runtime/learning/recurrence.ts. Beside the layer's input nothing is held that grows with the sequence, but for the
// states that calls keep.
import { Tensor } from 'onnxruntime-node';
import type { TypedTensor } from 'onnxruntime-node';

import { cells, EngineError, sequenceCalls } from '#runtime';
import type { ForwardCall, SequenceCalls, StepRates } from '#runtime';

import { detach } from './detach.ts';
import type { OpenPrograms } from './open-programs.ts';
import type { Outputs, Tensors } from './program.ts';
import type { RecurrentModule } from './recurrent-modules.ts';
import type { LayerStart } from './sequence-feeds.ts';

/** Steps times samples that a call of the forward pass may take. */
const fewRows = 64;

/** Before a chunk; tensors of the lesson's own, or the caller's at the start. */
interface ChunkState {
  readonly hidden: Tensor;
  readonly state: Tensor;
  /** L; null where no gates are replayed. */
  readonly decay: Tensor | null;
}

/** At the states; `state` is null where there is no cell state. */
interface CarriedGradient {
  readonly hidden: Tensor;
  readonly state: Tensor | null;
}

export interface LessonInput {
  /** uint8 [batch, steps, 1, features]; read until the lesson ends. */
  readonly x: Tensor;
  readonly batch: number;
  readonly start: LayerStart;
}

export class RecurrentLesson {
  readonly #programs: OpenPrograms;
  readonly #own: RecurrentModule;
  readonly #batch: number;
  readonly #calls: SequenceCalls;
  /** What every call is fed: the whole input and where its samples begin. */
  readonly #feeds: Tensors;
  readonly #from = int64();
  readonly #to = int64();
  readonly #segment = int64();
  readonly #start: ChunkState;
  /** By the step they come before. */
  readonly #kept = new Map<number, ChunkState>();

  constructor(programs: OpenPrograms, own: RecurrentModule, { x, batch, start }: LessonInput) {
    const { index, node, recurrence, steps } = own;
    const { cell, hiddenSize, output } = node.attributes;
    this.#programs = programs;
    this.#own = own;
    this.#batch = batch;
    this.#calls = sequenceCalls(recurrence, steps, output);
    this.#feeds = {
      x,
      [`firsts:${index}`]: start.firsts,
      from: this.#from,
      to: this.#to,
      segment: this.#segment,
    };
    const decays =
      recurrence.earlier === 'gates' && output === 'last' && cells[cell].keepGate !== null;
    const none = new Int32Array(batch * hiddenSize);
    this.#start = {
      hidden: start.hidden,
      state: start.state,
      decay: decays ? new Tensor('int32', none, [batch, 1, hiddenSize]) : null,
    };
  }

  /** The layer's output by the weights as they are: uint8 [batch, steps or 1, 1, hidden size], the caller's. */
  async forward(): Promise<Tensor> {
    const { steps, node, module } = this.#own;
    const { hiddenSize, output } = node.attributes;
    const { program } = await this.#programs.get(`steps:${module}`);
    const length = this.#batch * steps * hiddenSize;
    const values = output === 'sequence' ? new Uint8Array(length) : null;
    let before = this.#start;
    for (const { from, to, keep } of joined(this.#calls.forward, this.#batch)) {
      if (keep) this.#kept.set(from, before);
      const outputs = await program.run({ ...this.#chunk(from, to), ...this.#stateFeeds(before) });
      if (values !== null) writeSteps(values, outputs.take('y'), { from, steps });
      if (!keep) this.#free(before);
      before = this.#nextState(outputs);
    }
    if (before.decay !== null) detach([before.decay]);
    detach([before.state]);
    if (values === null) {
      return new Tensor('uint8', before.hidden.data as Uint8Array, [this.#batch, 1, 1, hiddenSize]);
    }
    detach([before.hidden]);
    return new Tensor('uint8', values, [this.#batch, steps, 1, hiddenSize]);
  }

  /**
   * Sums the weights' gradients from the one at the output, after `forward`; what was kept is given back. Returns the
   * gradient at the input, 0 at steps that no call covers, or null where the plan has no use for it.
   */
  async learn(gradient: Tensor): Promise<Tensor | null> {
    const { index, module, node, steps, features, segments } = this.#own;
    const isLast = node.attributes.output === 'last';
    this.#programs.sums.clear(index);
    let carried = isLast ? this.#gradientAtLast(gradient) : this.#noGradient();
    let replayed = this.#start;
    let atInput: Float32Array | null = null;
    for (const call of this.#calls.learn) {
      const isExact = call.call === 'exact';
      const before = isExact ? this.#keptBefore(call.from) : replayed;
      const { program } = await this.#programs.get(`${call.call}:${module}`);
      const outputs = await program.run({
        ...this.#chunk(call.from, call.to),
        ...this.#stateFeeds(before),
        ...this.#gradientFeeds(carried),
        ...(isLast ? {} : { gradient }),
        ...(isExact ? {} : this.#cutFeeds(Math.floor(call.position * segments))),
      });
      atInput = this.#addInput(atInput, outputs, call.from);
      if (isExact) {
        this.#freeGradient(carried, gradient);
        carried = call.carry ? this.#nextGradient(outputs) : this.#noGradient();
      } else {
        this.#free(before);
        replayed = this.#nextState(outputs);
      }
    }
    this.#free(replayed);
    for (const kept of this.#kept.values()) this.#free(kept);
    this.#freeGradient(carried, gradient);
    const dimensions = [this.#batch, steps, 1, features];
    return atInput === null ? null : new Tensor('float32', atInput, dimensions);
  }

  /** New weights from the sums. */
  async update(rates: StepRates): Promise<void> {
    const { program, learning } = await this.#programs.get(`update:${this.#own.module}`);
    await program.run(learning.at(rates));
  }

  /** The same tensors at every call, with other numbers: the calls follow one another. */
  #chunk(from: number, to: number): Tensors {
    this.#from.data[0] = BigInt(from);
    this.#to.data[0] = BigInt(to);
    return this.#feeds;
  }

  #stateFeeds({ hidden, state, decay }: ChunkState): Tensors {
    const { index } = this.#own;
    return {
      [`hidden:${index}`]: hidden,
      [`state:${index}`]: state,
      ...(decay === null ? {} : { [`decay:${index}`]: decay }),
    };
  }

  #keptBefore(from: number): ChunkState {
    const kept = this.#kept.get(from);
    if (kept !== undefined) return kept;
    throw new EngineError(
      `${this.#own.node.name}: expected the state before step ${from}, got none`,
    );
  }

  /** L before the exact chunk, of which there is one, and the segment of the steps before. */
  #cutFeeds(segment: number): Tensors {
    const [kept] = this.#kept.values();
    this.#segment.data[0] = BigInt(segment);
    return kept?.decay ? { [`decayAtCut:${this.#own.index}`]: kept.decay } : {};
  }

  #gradientFeeds({ hidden, state }: CarriedGradient): Tensors {
    const { index } = this.#own;
    return {
      [`hiddenGradient:${index}`]: hidden,
      ...(state === null ? {} : { [`stateGradient:${index}`]: state }),
    };
  }

  #nextState(outputs: Outputs): ChunkState {
    const { index } = this.#own;
    return {
      hidden: outputs.take(`nextHidden:${index}`),
      state: outputs.take(`nextState:${index}`),
      decay: this.#start.decay === null ? null : outputs.take(`nextDecay:${index}`),
    };
  }

  #nextGradient(outputs: Outputs): CarriedGradient {
    const { index } = this.#own;
    return {
      hidden: outputs.take(`nextHiddenGradient:${index}`),
      state: this.#hasState() ? outputs.take(`nextStateGradient:${index}`) : null,
    };
  }

  #noGradient(): CarriedGradient {
    return { hidden: this.#zeros(), state: this.#hasState() ? this.#zeros() : null };
  }

  /** [batch, 1, 1, hidden size] as that of the state after the last step, a view. */
  #gradientAtLast(gradient: Tensor): CarriedGradient {
    const { hiddenSize } = this.#own.node.attributes;
    const values = gradient.data as Float32Array;
    const hidden = new Tensor('float32', values, [this.#batch, 1, hiddenSize]);
    return { hidden, state: this.#hasState() ? this.#zeros() : null };
  }

  #zeros(): Tensor {
    const { hiddenSize } = this.#own.node.attributes;
    const length = this.#batch * hiddenSize;
    return new Tensor('float32', new Float32Array(length), [this.#batch, 1, hiddenSize]);
  }

  #hasState(): boolean {
    return cells[this.#own.node.attributes.cell].hasCellState;
  }

  #addInput(all: Float32Array | null, outputs: Outputs, from: number): Float32Array | null {
    if (!outputs.has('inputGradient')) return null;
    const { steps, features } = this.#own;
    const values = all ?? new Float32Array(this.#batch * steps * features);
    writeSteps(values, outputs.take('inputGradient'), { from, steps });
    return values;
  }

  /** The caller's own states stay. */
  #free({ hidden, state, decay }: ChunkState): void {
    if (hidden === this.#start.hidden) return;
    detach([hidden, state, ...(decay === null ? [] : [decay])]);
  }

  /** The caller's stays. */
  #freeGradient({ hidden, state }: CarriedGradient, given: Tensor): void {
    detach([...(hidden.data === given.data ? [] : [hidden]), ...(state === null ? [] : [state])]);
  }
}

/** Copies a chunk [batch, t, 1, width] to its place in [batch, steps, 1, width], and gives it back. */
function writeSteps(
  values: Uint8Array | Float32Array,
  chunk: Tensor,
  { from, steps }: { readonly from: number; readonly steps: number },
): void {
  const [batch = 0, count = 0, , width = 0] = chunk.dims;
  const part = chunk.data as Float32Array;
  const size = count * width;
  for (let n = 0; n < batch; n++) {
    values.set(part.subarray(n * size, (n + 1) * size), (n * steps + from) * width);
  }
  detach([chunk]);
}

function int64(): TypedTensor<'int64'> {
  return new Tensor('int64', new BigInt64Array(1), [1]);
}

/** Calls that keep nothing as fewer and longer ones, as long as that costs no memory worth mention. */
function joined(calls: readonly ForwardCall[], batch: number): ForwardCall[] {
  const result: ForwardCall[] = [];
  for (const call of calls) {
    const last = result.at(-1);
    const isJoined = last && !last.keep && !call.keep && (call.to - last.from) * batch <= fewRows;
    if (isJoined) result[result.length - 1] = { ...last, to: call.to };
    else result.push(call);
  }
  return result;
}
