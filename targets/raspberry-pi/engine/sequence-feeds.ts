// How sequences start, as the inputs of programs with recurrent layers.
import { Tensor } from 'onnxruntime-node';

import { cells, inferShapes, InputError, isRecurrent } from '#runtime';
import type { EngineInput, RecurrentNode, RecurrentState, Sequence, SequenceState } from '#runtime';
import { firstPositions, quantizeHidden } from '#runtime/sequences';

import type { Tensors } from './program.ts';

interface Layer {
  readonly index: number;
  readonly node: RecurrentNode;
  /** Of its input. */
  readonly steps: number;
}

/** How a batch starts in one recurrent layer; not to be modified. */
export interface LayerStart {
  /** uint8 and float32 [batch, 1, hidden size]. */
  readonly hidden: Tensor;
  readonly state: Tensor;
  /** int32 [batch]: the position at which each sample begins. */
  readonly firsts: Tensor;
}

type Starts = ReadonlyMap<number, LayerStart>;

export class SequenceFeeds {
  readonly #layers: readonly Layer[];
  /** Of the model's input, which lengths count. */
  readonly #steps: number;
  /** Of whole sequences from the initial states, of the last batch size. */
  #plain: { readonly batch: number; readonly starts: Starts } | null = null;

  constructor({ model }: EngineInput) {
    const shapes = inferShapes(model.graph);
    this.#steps = model.graph.inputShape[0];
    this.#layers = model.graph.nodes.flatMap((node, index) => {
      const [steps] = shapes[node.inputs[0] ?? 0] ?? [0];
      return isRecurrent(node) ? [{ index, node, steps }] : [];
    });
  }

  /**
   * Of every recurrent layer, by node index. Throws InputError where the sequence does not fit the
   * batch or the model.
   */
  starts(where: string, batch: number, sequence: Sequence | undefined): Starts {
    if (sequence !== undefined && this.#layers.length > 0) {
      this.#requireLengths(where, batch, sequence.lengths);
      return this.#startsOf(where, batch, sequence);
    }
    if (this.#plain?.batch !== batch) {
      this.#plain = { batch, starts: this.#startsOf(where, batch, {}) };
    }
    return this.#plain.starts;
  }

  /** The same as inputs of programs: `hidden:<node>`, `state:<node>`, `firsts:<node>`. */
  of(where: string, batch: number, sequence: Sequence | undefined): Tensors {
    const feeds: Tensors = {};
    for (const [index, { hidden, state, firsts }] of this.starts(where, batch, sequence)) {
      feeds[`hidden:${index}`] = hidden;
      feeds[`state:${index}`] = state;
      feeds[`firsts:${index}`] = firsts;
    }
    return feeds;
  }

  /** What a program left in `nextHidden:<node>` and `nextState:<node>`. */
  next(take: (output: string) => Tensor): SequenceState {
    return new Map(
      this.#layers.map(({ index }) => [
        index,
        {
          hidden: take(`nextHidden:${index}`).data as Uint8Array,
          state: take(`nextState:${index}`).data as Float32Array,
        },
      ]),
    );
  }

  #startsOf(where: string, batch: number, { lengths, state }: Sequence): Starts {
    const starts = new Map<number, LayerStart>();
    for (const { index, node, steps } of this.#layers) {
      const { hiddenSize } = node.attributes;
      const dimensions = [batch, 1, hiddenSize];
      const own = state === undefined ? initialState(node, batch) : state.get(index);
      if (own?.hidden.length !== batch * hiddenSize || own.state.length !== batch * hiddenSize) {
        throw new InputError(
          `${where}: ${node.name}: expected a state of ${batch} x ${hiddenSize}, got ${own?.hidden.length ?? 'none'}; pass the states that predictStep returned, of the same batch`,
        );
      }
      const firsts = firstPositions(lengths, batch, steps, this.#steps);
      starts.set(index, {
        hidden: new Tensor('uint8', own.hidden, dimensions),
        state: new Tensor('float32', own.state, dimensions),
        firsts: new Tensor('int32', firsts, [batch]),
      });
    }
    return starts;
  }

  #requireLengths(where: string, batch: number, lengths: Int32Array | undefined): void {
    if (lengths === undefined) return;
    const fits =
      lengths.length === batch && lengths.every((length) => length >= 1 && length <= this.#steps);
    if (fits) return;
    throw new InputError(
      `${where} lengths: expected ${batch} of 1 to ${this.#steps} steps, got ${lengths.join(', ')}`,
    );
  }
}

function initialState({ attributes }: RecurrentNode, batch: number): RecurrentState {
  const { cell, hiddenSize, initialState: initial } = attributes;
  const carried = cells[cell].hasCellState ? initial.slice(hiddenSize) : initial;
  const length = batch * hiddenSize;
  return {
    hidden: Uint8Array.from({ length }, (_, i) =>
      quantizeHidden(Math.fround(initial[i % hiddenSize] ?? 0)),
    ),
    state: Float32Array.from({ length }, (_, i) => carried[i % hiddenSize] ?? 0),
  };
}
