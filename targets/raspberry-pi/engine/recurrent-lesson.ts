// One recurrent layer's part in a learning call: its programs, run on groups of chunks in the order of
// runtime/learning/recurrence.ts. Beside the layer's input nothing is held that grows with the sequence, but for the
// states that calls keep.
import { Tensor } from 'onnxruntime-node';

import { cells, EngineError } from '#runtime';
import type { ForwardCall, SequenceCalls, StepRates } from '#runtime';
import { chunksPerRun, sequenceCalls } from '#runtime/sequences';

import { boundFeeds, groupsOf, perChunk } from './chunk-groups.ts';
import { detach } from './detach.ts';
import type { OpenPrograms } from './open-programs.ts';
import type { Outputs, Tensors } from './program.ts';
import type { RecurrentModule } from './recurrent-modules.ts';
import type { LayerStart } from './sequence-feeds.ts';

type LearnCall = SequenceCalls['learn'][number];
type Exact = Extract<LearnCall, { call: 'exact' }>;
type Gates = Extract<LearnCall, { call: 'gates' }>;

/** Before a chunk; tensors of the lesson's own, or the caller's at the start. */
interface ChunkState {
  readonly hidden: Tensor;
  readonly state: Tensor;
  /** L; null where no gates are replayed. */
  readonly decay: Tensor | null;
}

interface KeptStates {
  readonly hidden: Tensor;
  readonly state: Tensor;
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
  /** Groups of chunks, in the sequence's order. */
  readonly #forward: readonly ForwardCall[][];
  readonly #exact: readonly Exact[][];
  readonly #gates: readonly Gates[][];
  /** What every run is fed: the whole input and where its samples begin. */
  readonly #feeds: Tensors;
  readonly #start: ChunkState;
  /** The states before the chunks of a group, [k, batch, 1, hidden size], by its first step. */
  readonly #kept = new Map<number, KeptStates>();
  /** L before the exact chunk, where gates are replayed. */
  #decayAtCut: Tensor | null = null;

  constructor(programs: OpenPrograms, own: RecurrentModule, { x, batch, start }: LessonInput) {
    const { index, node, recurrence, steps } = own;
    const { cell, hiddenSize, output } = node.attributes;
    this.#programs = programs;
    this.#own = own;
    this.#batch = batch;
    const { forward, learn } = sequenceCalls(recurrence, steps, output);
    const exact = learn.flatMap((call) => (call.call === 'exact' ? [call] : []));
    // A chunk whose gradient is not carried to the one before has a run of its own.
    const carries = exact.every(({ carry }) => carry);
    const most = chunksPerRun(forward.length);
    this.#forward = groupsOf(forward, most, (one, other) =>
      one.keep ? other.keep && carries : !other.keep,
    );
    this.#exact = groupsOf(exact.toReversed(), most, () => carries);
    const gates = learn.flatMap((call) => (call.call === 'gates' ? [call] : []));
    this.#gates = groupsOf(gates, most);
    this.#feeds = { x, [`firsts:${index}`]: start.firsts };
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
    for (const chunks of this.#forward) {
      const [{ from, keep } = { from: 0, keep: false }] = chunks;
      const outputs = await program.run({
        ...this.#feeds,
        ...boundFeeds(chunks),
        ...this.#stateFeeds(before),
      });
      if (values !== null) writeSteps(values, outputs.take('y'), { from, steps });
      this.#passOn(before, outputs, keep ? from : null);
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
    let atInput: Float32Array | null = null;
    for (const chunks of this.#exact.toReversed()) {
      const [{ from, carry } = { from: 0, carry: false }] = chunks;
      const { program } = await this.#programs.get(`exact:${module}`);
      const outputs = await program.run({
        ...this.#feeds,
        ...boundFeeds(chunks),
        ...this.#keptFeeds(from),
        ...this.#gradientFeeds(carried),
        ...(isLast ? {} : { gradient }),
      });
      this.#freeKept(from);
      atInput = this.#addInput(atInput, outputs, from);
      this.#freeGradient(carried, gradient);
      carried = carry ? this.#nextGradient(outputs) : this.#noGradient();
    }
    let before = this.#start;
    for (const chunks of this.#gates) {
      const { program } = await this.#programs.get(`gates:${module}`);
      const outputs = await program.run({
        ...this.#feeds,
        ...boundFeeds(chunks),
        ...this.#stateFeeds(before),
        ...this.#gradientFeeds(carried),
        ...(this.#decayAtCut === null ? {} : { [`decayAtCut:${index}`]: this.#decayAtCut }),
        segment: perChunk(chunks.map(({ position }) => Math.floor(position * segments))),
      });
      atInput = this.#addInput(atInput, outputs, chunks[0]?.from ?? 0);
      this.#free(before);
      before = this.#nextState(outputs);
    }
    this.#free(before);
    if (this.#decayAtCut !== null) detach([this.#decayAtCut]);
    this.#freeGradient(carried, gradient);
    const dimensions = [this.#batch, steps, 1, features];
    return atInput === null ? null : new Tensor('float32', atInput, dimensions);
  }

  /** New weights from the sums. */
  async update(rates: StepRates): Promise<void> {
    const { program, learning } = await this.#programs.get(`update:${this.#own.module}`);
    await program.run(learning.at(rates));
  }

  #stateFeeds({ hidden, state, decay }: ChunkState): Tensors {
    const { index } = this.#own;
    return {
      [`hidden:${index}`]: hidden,
      [`state:${index}`]: state,
      ...(decay === null ? {} : { [`decay:${index}`]: decay }),
    };
  }

  /** Frees the state before a group of chunks once it ran, or keeps what learning from step `keepFrom` on wants of it. */
  #passOn(before: ChunkState, outputs: Outputs, keepFrom: number | null): void {
    const { index, node } = this.#own;
    if (keepFrom === null) {
      this.#free(before);
    } else if (outputs.has(`keptHidden:${index}`)) {
      const [hidden, state] = [`keptHidden:${index}`, `keptState:${index}`];
      this.#kept.set(keepFrom, { hidden: outputs.take(hidden), state: outputs.take(state) });
      this.#free(before);
    } else {
      const dimensions = [1, this.#batch, 1, node.attributes.hiddenSize];
      this.#kept.set(keepFrom, {
        hidden: new Tensor('uint8', before.hidden.data as Uint8Array, dimensions),
        state: new Tensor('float32', before.state.data as Float32Array, dimensions),
      });
      this.#decayAtCut = before.decay;
    }
  }

  #keptFeeds(from: number): Tensors {
    const { index, node } = this.#own;
    const kept = this.#kept.get(from);
    if (kept !== undefined) {
      return { [`keptHidden:${index}`]: kept.hidden, [`keptState:${index}`]: kept.state };
    }
    throw new EngineError(`${node.name}: expected the states kept from step ${from} on, got none`);
  }

  /** The caller's own states stay. */
  #freeKept(from: number): void {
    const kept = this.#kept.get(from);
    if (kept !== undefined && kept.hidden.data !== this.#start.hidden.data) {
      detach([kept.hidden, kept.state]);
    }
    this.#kept.delete(from);
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
