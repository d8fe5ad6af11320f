// The last steps of a sequence that never ends, and states to start them from: what a stream holds, of a
// size that does not grow.
import type { Sequence, SequenceState } from '../engine.ts';

export interface WindowSize {
  /** Most steps to learn from: those of the model's sequence. */
  readonly steps: number;
  /** uint8 values of a step. */
  readonly features: number;
  /** A state is kept before every so many steps. */
  readonly stride: number;
}

/** The last steps as one sample for an engine. */
export interface Window {
  /** uint8 [steps, features], the stream's steps at its end. */
  readonly samples: Uint8Array;
  readonly sequence: Sequence;
  /** How many steps are the stream's. */
  readonly length: number;
}

/** A state before a step, counted from the sequence's start; null stands for the initial one. */
interface Start {
  readonly step: number;
  readonly state: SequenceState | null;
}

export class StreamWindow {
  readonly #size: WindowSize;
  /** The last steps, in order. */
  readonly #samples: Uint8Array;
  #starts: Start[] = [{ step: 0, state: null }];
  #state: SequenceState | null = null;
  #count = 0;

  constructor(size: WindowSize) {
    this.#size = size;
    this.#samples = new Uint8Array(size.steps * size.features);
  }

  /** After the last step; null before the first. */
  get state(): SequenceState | null {
    return this.#state;
  }

  /** Bytes of samples and states. */
  get bytes(): number {
    let bytes = this.#samples.byteLength;
    for (const { state: states } of [...this.#starts, { state: this.#state }]) {
      for (const { hidden, state } of states?.values() ?? []) {
        bytes += hidden.byteLength + state.byteLength;
      }
    }
    return bytes;
  }

  /** Adds a step and the state after it, which is kept as it is. */
  push(sample: Uint8Array, state: SequenceState): void {
    const { steps, stride } = this.#size;
    this.#samples.copyWithin(0, sample.length);
    this.#samples.set(sample, this.#samples.length - sample.length);
    this.#state = state;
    this.#count++;
    this.#starts = this.#starts.filter(({ step }) => this.#count - step <= steps);
    if (this.#count % stride === 0) this.#starts.push({ step: this.#count, state });
  }

  /** From the earliest state that is kept, at most the model's steps; null before the first step. */
  last(): Window | null {
    const [start] = this.#starts;
    if (start === undefined || this.#count === start.step) return null;
    const length = this.#count - start.step;
    const lengths = Int32Array.of(length);
    const sequence = start.state === null ? { lengths } : { lengths, state: start.state };
    return { samples: this.#samples.slice(), sequence, length };
  }
}
