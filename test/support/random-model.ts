// Small quantised models with seeded random weights, made without an exporter: each node is added by
// name of its operator, and scales are chosen so that activations fill their 8 bits and some saturate.
import { cells, hiddenQuantization, inferShapes, rowsOf, sizeOf } from '#runtime';
import type {
  CellName,
  Clamp,
  LayerParameters,
  LookupParameters,
  Model,
  Module,
  Node,
  Quantization,
  Shape,
  ValueId,
  Window,
} from '#runtime';

import { activations } from './activations.ts';
import { randomStream } from './random-stream.ts';

/** A window by what differs from a 1x1 one; a single number stands for both axes. */
export function windowOf(
  kernel: number | readonly [number, number],
  {
    stride = 1,
    dilation = 1,
    pads = [0, 0, 0, 0],
  }: { stride?: number; dilation?: number; pads?: Window['pads'] } = {},
): Window {
  const both = typeof kernel === 'number' ? ([kernel, kernel] as const) : kernel;
  return { kernel: both, stride: [stride, stride], dilation: [dilation, dilation], pads };
}

/** Clamps in units of the deviation expected before them, so that each cuts something off. */
const clamps = {
  none: null,
  relu: { minimum: 0, maximum: Infinity },
  relu6: { minimum: 0, maximum: 1 },
  band: { minimum: -0.5, maximum: 0.75 },
} as const satisfies Record<string, Clamp | null>;

/** Without a clamp, the deviations that 8 bits hold; the rest saturates. */
const width = 2.6;

interface LayerOptions {
  readonly outputChannels: number;
  readonly clamp?: keyof typeof clamps;
}

interface ConvOptions extends LayerOptions {
  readonly window: Window;
  readonly groups?: number;
}

interface RecurrentOptions {
  readonly cell: CellName;
  readonly hiddenSize: number;
  readonly reverse?: boolean;
  readonly output?: 'sequence' | 'last';
  readonly hasInitialState?: boolean;
}

/** A model as far as it has been built. Every method adds one node and returns the value it makes. */
export class RandomModel {
  readonly #random: () => number;
  readonly #weightLimit: 64 | 127;
  readonly #inputShape: Shape;
  readonly #nodes: Node[] = [];
  readonly #quantization: (Quantization | null)[] = [];
  /** Expected root mean square of each value, in real units. */
  readonly #sizes: number[] = [1];
  readonly #layers = new Map<number, LayerParameters>();
  readonly #lookups = new Map<number, LookupParameters>();
  readonly #modules: Module[] = [];

  constructor(seed: number, inputShape: Shape, weightLimit: 64 | 127 = 64) {
    this.#random = randomStream(seed);
    this.#inputShape = inputShape;
    this.#weightLimit = weightLimit;
    this.#quantization.push({ scale: Math.fround(3.4 / 255), zeroPoint: 117 });
  }

  conv(
    input: ValueId,
    { outputChannels, window, groups = 1, clamp = 'none' }: ConvOptions,
  ): ValueId {
    const fan = window.kernel[0] * window.kernel[1] * (this.shapeOf(input)[2] / groups);
    const attributes = { window, groups, outputChannels };
    return this.#layer(input, fan, clamp, (own) => ({
      name: this.#name('conv'),
      operator: 'conv',
      attributes: { ...attributes, clamp: own },
      inputs: [input],
    }));
  }

  dense(input: ValueId, { outputChannels, clamp = 'none' }: LayerOptions): ValueId {
    return this.#layer(input, sizeOf(this.shapeOf(input)), clamp, (own) => ({
      name: this.#name('dense'),
      operator: 'dense',
      attributes: { outputChannels, clamp: own },
      inputs: [input],
    }));
  }

  /** A dense layer whose output stays float32; its last `spare` rows have no class. Ends the model. */
  logits(input: ValueId, classes: number, spare = 0): ValueId {
    const value = this.dense(input, { outputChannels: classes + spare });
    this.#quantization[value] = null;
    const { weights, bias } = this.#layers.get(value - 1)!;
    weights.fill(0, (weights.length / bias.length) * classes);
    bias.fill(-(2 ** 30), classes);
    return value;
  }

  add(a: ValueId, b: ValueId, clamp: keyof typeof clamps = 'none'): ValueId {
    const size = Math.hypot(this.#sizes[a]!, this.#sizes[b]!);
    return this.#push(size, clamp, (own) => ({
      name: this.#name('add'),
      operator: 'add',
      attributes: { clamp: own },
      inputs: [a, b],
    }));
  }

  mul(a: ValueId, b: ValueId): ValueId {
    const size = this.#sizes[a]! * this.#sizes[b]!;
    const node = {
      name: this.#name('mul'),
      operator: 'mul',
      attributes: {},
      inputs: [a, b],
    } as const;
    return this.#push(size, 'none', () => node);
  }

  concat(...inputs: readonly ValueId[]): ValueId {
    const size = Math.max(...inputs.map((input) => this.#sizes[input]!));
    const node = {
      name: this.#name('concat'),
      operator: 'concat',
      attributes: {},
      inputs,
    } as const;
    return this.#push(size, 'none', () => node);
  }

  maxPool(input: ValueId, window: Window): ValueId {
    const name = this.#name('max-pool');
    const attributes = { window };
    const value = this.#push(this.#sizes[input]!, 'none', () => ({
      name,
      operator: 'maxPool',
      attributes,
      inputs: [input],
    }));
    this.#quantization[value] = this.#quantization[input]!;
    return value;
  }

  averagePool(input: ValueId, window: Window, countPadding = false): ValueId {
    const size = this.#sizes[input]! / 2;
    return this.#push(size, 'none', () => ({
      name: this.#name('average-pool'),
      operator: 'averagePool',
      attributes: { window, countPadding },
      inputs: [input],
    }));
  }

  lookup(input: ValueId, activation: keyof typeof activations): ValueId {
    const { parameters, value, slope } = activations[activation];
    const { scale, zeroPoint } = this.#quantization[input]!;
    const reals = Array.from({ length: 256 }, (_, x) => scale * (x - zeroPoint));
    const output = this.#push(Math.hypot(...reals.map(value)) / 16, 'none', () => ({
      name: this.#name(activation),
      operator: 'lookup',
      attributes: { activation, parameters },
      inputs: [input],
    }));
    const own = this.#quantization[output]!;
    this.#lookups.set(output - 1, {
      table: Uint8Array.from(
        Uint8ClampedArray.from(reals, (x) => value(x) / own.scale + own.zeroPoint),
      ),
      slope: Float32Array.from(reals, slope),
    });
    return output;
  }

  /** A recurrent layer over [steps, 1, features], and its random initial state where asked for. */
  recurrent(
    input: ValueId,
    {
      cell,
      hiddenSize,
      reverse = false,
      output = 'last',
      hasInitialState = false,
    }: RecurrentOptions,
  ): ValueId {
    const features = this.shapeOf(input)[2];
    const stateSize = (cells[cell].hasCellState ? 2 : 1) * hiddenSize;
    const initialState = hasInitialState
      ? Array.from({ length: stateSize }, () => 1.6 * this.#random() - 0.8)
      : [];
    const attributes = { cell, hiddenSize, reverse, output, initialState };
    const value = this.#push(1, 'none', () => ({
      name: this.#name(cell),
      operator: 'recurrent',
      attributes,
      inputs: [input],
    }));
    this.#quantization[value] = hiddenQuantization;
    this.#sizes[value] = 0.5;
    // Gates take both maps' sums, of root mean square 1 together.
    const rows = rowsOf(attributes);
    const maps = [
      this.#linearMap(rows, features, this.#sizes[input]!, this.#quantization[input]!.scale),
      this.#linearMap(rows, hiddenSize, 0.5, hiddenQuantization.scale),
    ] as const;
    this.#layers.set(value - 1, {
      weights: Int8Array.of(...maps[0].weights, ...maps[1].weights),
      bias: Int32Array.of(...maps[0].bias, ...maps[1].bias),
      weightScales: Float32Array.of(...maps[0].weightScales, ...maps[1].weightScales),
    });
    return value;
  }

  /** A vector of `size` values for each token of 256. */
  embedding(input: ValueId, size: number): ValueId {
    const value = this.#push(1, 'none', () => ({
      name: this.#name('embedding'),
      operator: 'embedding',
      attributes: { size },
      inputs: [input],
    }));
    const table = this.#fill(Uint8Array, 256 * size, () => Math.floor(256 * this.#random()));
    this.#lookups.set(value - 1, { table, slope: new Float32Array(0) });
    return value;
  }

  /** Logits of every step: [steps, 1, classes] in float32. Ends the model. */
  stepLogits(input: ValueId, classes: number): ValueId {
    const value = this.conv(input, { outputChannels: classes, window: windowOf(1) });
    this.#quantization[value] = null;
    return value;
  }

  /** Ends a module after the last node added. */
  cut(): void {
    const from = this.#modules.at(-1)?.to ?? 0;
    const to = this.#nodes.length;
    this.#modules.push({ name: this.#nodes[from]!.name, from, to });
  }

  shapeOf(value: ValueId): Shape {
    return inferShapes({ inputShape: this.#inputShape, nodes: this.#nodes })[value]!;
  }

  #name(kind: string): string {
    return `${kind}${this.#nodes.length}`;
  }

  #layer(
    input: ValueId,
    fan: number,
    clamp: keyof typeof clamps,
    node: (clamp: Clamp | null) => Extract<Node, { operator: 'conv' | 'dense' }>,
  ): ValueId {
    const output = this.#push(this.#sizes[input]!, clamp, node);
    const { outputChannels } = node(null).attributes;
    const [size, { scale }] = [this.#sizes[input]!, this.#quantization[input]!];
    this.#layers.set(output - 1, this.#linearMap(outputChannels, fan, size, scale));
    return output;
  }

  /** Weights uniform within the limit, so that a sum over `fan` inputs of `size` keeps their size. */
  #linearMap(rows: number, fan: number, size: number, inputScale: number): LayerParameters {
    const limit = this.#weightLimit;
    const typical = Math.sqrt(3 / fan) / limit;
    const weightScales = this.#fill(Float32Array, rows, () => typical * (0.5 + this.#random()));
    const weights = this.#fill(Int8Array, rows * fan, () =>
      Math.round((2 * this.#random() - 1) * limit),
    );
    const perBias = inputScale * typical;
    const bias = this.#fill(Int32Array, rows, () =>
      Math.round(((this.#random() - 0.5) * size) / perBias),
    );
    return { weights, bias, weightScales };
  }

  /** `size` is the output's root mean square as expected before the clamp. */
  #push(size: number, clamp: keyof typeof clamps, node: (clamp: Clamp | null) => Node): ValueId {
    const relative = clamps[clamp];
    const minimum = relative === null ? -width * size : relative.minimum * size;
    const maximum = Math.min(width, relative?.maximum ?? width) * size;
    this.#nodes.push(
      node(relative === null ? null : { minimum, maximum: relative.maximum * size }),
    );
    // Up to a fifth more than needed, so that a clamp's ends lie inside 0..255 too.
    const scale = Math.fround(((maximum - minimum) / 255) * (1 + 0.2 * this.#random()));
    const zeroPoint = Math.round(-minimum / scale) + Math.floor(4 * this.#random());
    this.#quantization.push({ scale, zeroPoint });
    this.#sizes.push(relative === null ? size : size / 1.5);
    return this.#nodes.length;
  }

  #fill<Values extends { [index: number]: number; readonly length: number }>(
    kind: new (length: number) => Values,
    length: number,
    next: () => number,
  ): Values {
    const values = new kind(length);
    for (let i = 0; i < length; i++) values[i] = next();
    return values;
  }

  finish(): { readonly model: Model; readonly modules: readonly Module[] } {
    const graph = { inputShape: this.#inputShape, nodes: this.#nodes };
    const [quantization, layers, lookups] = [this.#quantization, this.#layers, this.#lookups];
    const model = { graph, quantization, layers, lookups, weightLimit: this.#weightLimit };
    return { model, modules: this.#modules };
  }
}
