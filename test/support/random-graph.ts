// Small valid graphs of every operator, cut into modules, fixed by a seed.
import { inferShapes } from '#runtime';
import type { Clamp, Graph, Module, Node, Shape, Window } from '#runtime';

import { windowOf } from './random-model.ts';

/** Integers from 0 to `below` - 1. */
export type Draw = (below: number) => number;

export function drawFrom(seed: number): Draw {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/** A graph as far as it has been built, one module after another. */
export class GraphBuilder {
  readonly #nodes: Node[] = [];
  readonly modules: Module[] = [];
  readonly #inputShape: Shape;
  readonly #draw: Draw;

  constructor(inputShape: Shape, draw: Draw) {
    this.#inputShape = inputShape;
    this.#draw = draw;
  }

  get graph(): Graph {
    return { inputShape: this.#inputShape, nodes: this.#nodes };
  }

  addModule(): void {
    const from = this.#nodes.length;
    const [height, width, channels] = inferShapes(this.graph).at(-1)!;
    const kinds = [
      () => this.#conv(from, 1 + this.#draw(6), 1 + 2 * this.#draw(2)),
      () => this.#residual(from, channels),
      () => this.#branches(from),
      () => this.#gate(from, [height, width, channels]),
      () => this.#lookup(from),
      () => this.#pool(from, 'maxPool', square(1, 1 + this.#draw(2))),
      () => this.#pool(from, 'averagePool', square(3, 1)),
      ...(width === 1 ? this.#sequenceKinds(from, channels) : []),
    ];
    kinds[this.#draw(kinds.length)]!();
    this.#closeModule(from);
  }

  #sequenceKinds(from: number, channels: number): (() => number)[] {
    const recurrent = (): number => this.#recurrent(from, 1 + this.#draw(4), false, 'sequence');
    const last = (): number => this.#recurrent(from, 1 + this.#draw(4), this.#draw(2) > 0, 'last');
    const both = (): number => {
      const inputs = [false, true].map((reverse) => this.#recurrent(from, 2, reverse, 'sequence'));
      return this.#add({ operator: 'concat', attributes: {}, inputs });
    };
    const tokens = (): number =>
      this.#add({
        operator: 'embedding',
        attributes: { size: 1 + this.#draw(3) },
        inputs: [from],
      });
    return [recurrent, last, both, ...(channels === 1 ? [tokens] : [])];
  }

  /** Logits, of every step in some sequences. */
  addClassifier(outputChannels: number): void {
    const from = this.#nodes.length;
    const [, width] = inferShapes(this.graph).at(-1)!;
    if (width === 1 && this.#draw(2)) {
      const attributes = { window: square(1, 1), outputChannels, groups: 1, clamp: null };
      this.#add({ operator: 'conv', attributes, inputs: [from] });
    } else {
      this.#add({ operator: 'dense', attributes: { outputChannels, clamp: null }, inputs: [from] });
    }
    this.#closeModule(from);
  }

  #closeModule(from: number): void {
    this.modules.push({ name: this.#nodes[from]!.name, from, to: this.#nodes.length });
  }

  #add(
    node: {
      [Key in Node['operator']]: Omit<Extract<Node, { operator: Key }>, 'name'>;
    }[Node['operator']],
  ): number {
    this.#nodes.push({ name: `node ${this.#nodes.length}`, ...node });
    return this.#nodes.length;
  }

  #conv(input: number, outputChannels: number, kernel: number): number {
    const attributes = {
      window: square(kernel, 1),
      outputChannels,
      groups: 1,
      clamp: this.#clamp(),
    };
    return this.#add({ operator: 'conv', attributes, inputs: [input] });
  }

  #recurrent(
    input: number,
    hiddenSize: number,
    reverse: boolean,
    output: 'sequence' | 'last',
  ): number {
    const cell = (['lstm', 'gru', 'rnn'] as const)[this.#draw(3)]!;
    const states = (cell === 'lstm' ? 2 : 1) * hiddenSize;
    const initialState = Array.from({ length: this.#draw(2) * states }, () => this.#draw(9) / 8);
    const attributes = { cell, hiddenSize, reverse, output, initialState };
    return this.#add({ operator: 'recurrent', attributes, inputs: [input] });
  }

  #residual(input: number, channels: number): number {
    const inner = this.#conv(this.#conv(input, 2, 3), channels, 1);
    return this.#add({
      operator: 'add',
      attributes: { clamp: this.#clamp() },
      inputs: [input, inner],
    });
  }

  #branches(input: number): number {
    const inputs = [this.#conv(input, 2, 1), this.#conv(input, 1, 3), input];
    return this.#add({ operator: 'concat', attributes: {}, inputs });
  }

  #gate(input: number, [height, width, channels]: Shape): number {
    const window: Window = { ...square(1, 1), kernel: [height, width] };
    const pooled = this.#pool(input, 'averagePool', window);
    const gate = this.#lookup(this.#conv(pooled, channels, 1));
    return this.#add({ operator: 'mul', attributes: {}, inputs: [input, gate] });
  }

  #lookup(input: number): number {
    const attributes = { activation: 'hardSwish', parameters: [this.#draw(9) / 8] } as const;
    return this.#add({ operator: 'lookup', attributes, inputs: [input] });
  }

  #pool(input: number, operator: 'maxPool' | 'averagePool', window: Window): number {
    return operator === 'maxPool'
      ? this.#add({ operator, attributes: { window }, inputs: [input] })
      : this.#add({ operator, attributes: { window, countPadding: false }, inputs: [input] });
  }

  #clamp(): Clamp | null {
    const clamps = [null, { minimum: 0, maximum: Infinity }, { minimum: 0, maximum: 6 }];
    return clamps[this.#draw(3)]!;
  }
}

// Same size where the stride is 1.
function square(kernel: number, stride: number): Window {
  const pad = (kernel - 1) / 2;
  return windowOf(kernel, { stride, pads: [pad, pad, pad, pad] });
}
