import type { Subgraph } from '../onnx/attribute.ts';
// The graph of one program while it is being written, and the few operators programs are made of.
// Values of the model are [n, height, width, channels]; `rows` are [n * positions, channels].
import { GraphBuilder } from '../onnx/graph-builder.ts';
import type { NodeOptions } from '../onnx/graph-builder.ts';

/** ONNX's TensorProto.DataType of the types that programs cast to. */
const castCodes = {
  float32: 1,
  uint8: 2,
  int16: 5,
  int32: 6,
  int64: 7,
  bool: 9,
  double: 11,
} as const;

/**
 * The first dimension of inputs and outputs has no name: between values whose dimensions are equal by number or name
 * ONNX Runtime hands buffers on, and holds one that is free until the later value is made.
 */
export const batchDimension = '';

/** d, s_d, z_d = Q(g): uint8 of g's shape, and two scalars. */
export interface QuantizedError {
  readonly values: string;
  readonly scale: string;
  readonly zeroPoint: string;
}

/** Opset 18 plus ONNX Runtime's own operators: channels-last convolution and pooling, scaled integer products. */
export class ProgramGraph extends GraphBuilder {
  readonly #inputs = new Map<string, string>();
  readonly #made = new Map<string, string>();
  readonly #errors = new Map<string, QuantizedError>();
  #moreScales: string[] = [];

  constructor(name: string) {
    super({ opset: 18, contrib: true, name });
  }

  /** An operator of ONNX Runtime's own. */
  contrib(operator: string, inputs: readonly string[], options: NodeOptions = {}): string {
    return this.node(operator, inputs, { ...options, domain: 'com.microsoft' });
  }

  /** The input `name`, declared at its first use. */
  sharedInput(...[name, type, dimensions]: Parameters<GraphBuilder['input']>): string {
    if (!this.#inputs.has(name)) this.#inputs.set(name, this.input(name, type, dimensions));
    return name;
  }

  /** What is made inside is made anew outside, but for constants. Inputs of the program are to be declared before. */
  override subgraph(name: string, write: () => void): Subgraph {
    const subgraph = super.subgraph(name, write);
    for (const [key, value] of this.#made) if (!this.sees(value)) this.#made.delete(key);
    for (const [key, { values }] of this.#errors) if (!this.sees(values)) this.#errors.delete(key);
    this.#moreScales = this.#moreScales.filter((scales) => this.sees(scales));
    this.#moreScales = this.#moreScales.filter((scales) => this.sees(scales));
    return subgraph;
  }

  /** Q(g) over the whole batch. Its scale is Infinity or NaN where g holds an infinity. */
  quantizeError(gradient: string): QuantizedError {
    const known = this.#errors.get(gradient);
    if (known !== undefined) return known;
    const [values, scale, zeroPoint] = this.nodeWithOutputs('DynamicQuantizeLinear', [gradient], 3);
    const error = { values: values!, scale: scale!, zeroPoint: zeroPoint! };
    this.#errors.set(gradient, error);
    return error;
  }

  /** Scales of every error quantised so far, scalars. */
  get errorScales(): string[] {
    return [...Array.from(this.#errors.values(), ({ scale }) => scale), ...this.#moreScales];
  }

  /** Scales of errors that a subgraph quantised: float32 of any shape. */
  addErrorScales(scales: string): void {
    this.#moreScales.push(this.node('ReduceSum', [scales], { attributes: { keepdims: 0 } }));
  }

  /** The value `make` adds, made once per key. */
  once(key: string, make: () => string): string {
    const known = this.#made.get(key);
    if (known !== undefined) return known;
    const value = make();
    this.#made.set(key, value);
    return value;
  }

  /** A view of the same elements; -1 stands for the size that follows from the others. */
  reshape(value: string, dimensions: readonly number[]): string {
    return this.node('Reshape', [value, this.int64(dimensions)]);
  }

  transpose(value: string, perm: readonly number[]): string {
    return this.node('Transpose', [value], { attributes: { perm } });
  }

  cast(value: string, type: keyof typeof castCodes): string {
    return this.node('Cast', [value], { attributes: { to: castCodes[type] } });
  }

  /** Parts of the last axis. */
  split(value: string, sizes: readonly number[]): string[] {
    return this.nodeWithOutputs('Split', [value, this.int64(sizes)], sizes.length, {
      attributes: { axis: -1 },
    });
  }

  /** Along the last axis. */
  concat(parts: readonly string[]): string {
    return this.node('Concat', parts, { attributes: { axis: -1 } });
  }

  /** Each operation rounds once to float32 where the operands are float32. */
  add(a: string, b: string): string {
    return this.node('Add', [a, b]);
  }

  subtract(a: string, b: string): string {
    return this.node('Sub', [a, b]);
  }

  multiply(a: string, b: string): string {
    return this.node('Mul', [a, b]);
  }

  divide(a: string, b: string): string {
    return this.node('Div', [a, b]);
  }

  /** A vector of float32 constants. */
  vector(name: string, values: ArrayLike<number>): string {
    return this.constant(name, Float32Array.from(values), [values.length]);
  }
}
