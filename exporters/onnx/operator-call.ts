// What the importer of one operator is given: its inputs, its attributes, and the means to make
// nodes of ours or to refuse.
import type { Shape } from '#runtime';
import { FormatError, sizeOf, UnsupportedError } from '#runtime';

import type { DecodedAttribute } from './attribute.ts';
import type { OnnxNode } from './decode-model.ts';
import type { Draft, DraftLayer, Operation } from './draft.ts';
import { integersOf } from './numbers.ts';
import { quote } from './quote.ts';
import { joined } from './stack.ts';
import type { Tensor } from './tensor.ts';
import type { Constant, Signal, Value } from './value.ts';
import type { View } from './view.ts';

/** Makes the operator's first output. */
export type OperatorImporter = (call: OperatorCall) => Value;

/** What all calls of one import share. */
export interface ImportState {
  readonly opset: number;
  /** The batch the file was made with, null where it is open. */
  readonly batch: number | null;
  readonly drafts: Draft[];
  readonly notes: string[];
  /** Outputs after a node's first, by name. */
  readonly outputs: Map<string, Value>;
  /** Numbers that may still be allocated beyond what the file brings. */
  allowance: number;
  importNode(node: OnnxNode, inputs: readonly (Value | null)[]): Value;
}

/** Values beyond this are no model for a device; it also bounds what a hostile file can ask for. */
const largestValue = 2 ** 24;

export class OperatorCall {
  readonly node: OnnxNode;
  readonly inputs: readonly (Value | null)[];
  readonly state: ImportState;

  constructor(node: OnnxNode, inputs: readonly (Value | null)[], state: ImportState) {
    this.node = node;
    this.inputs = inputs;
    this.state = state;
  }

  /** An input that depends on the graph's input, in whatever state. */
  anySignal(index: number): Signal {
    const input = this.inputs[index] ?? null;
    if (input?.kind === 'signal') return input;
    return this.refuse(
      `input ${index} to depend on the graph's input`,
      input === null ? 'none' : 'a constant',
    );
  }

  /** A float input, nothing pending on it. */
  signal(index: number): Signal {
    return this.unpadded(this.floats(index));
  }

  /** A float input; Pad may stand before it. */
  floats(index: number): Signal {
    const input = this.computed(index);
    if (input.encoding === null) return input;
    return this.refuse('a float input', 'integers', 'DequantizeLinear before it');
  }

  /** An input of an operator that computes: none may follow the closing softmax. */
  computed(index: number): Signal {
    const input = this.anySignal(index);
    if (input.softmax) this.refuse('no operator after Softmax', 'one', 'Softmax as the last');
    if (input.tokens) this.refuse('numbers', 'token ids', 'Gather from a constant table');
    return joined(this, input);
  }

  unpadded(input: Signal): Signal {
    if (input.pads === null) return input;
    return this.refuse('no Pad before it', 'one', 'Pad before Conv or AveragePool');
  }

  /** A constant input, or null where it is left out. */
  optionalConstant(index: number): Constant | null {
    const input = this.inputs[index] ?? null;
    if (input === null || input.kind === 'constant') return input;
    return this.refuse(`input ${index} to be a constant`, "one that depends on the graph's input");
  }

  constant(index: number): Constant {
    const input = this.optionalConstant(index);
    if (input !== null) return input;
    throw new FormatError(`${this.where}: expected input ${index}, got none`);
  }

  /** Integers of a constant input; null where it is left out. */
  integerInput(index: number): bigint[] | null {
    const input = this.optionalConstant(index);
    if (input === null) return null;
    const integers = integersOf(input.tensor);
    if (integers !== null) return integers;
    throw new FormatError(
      `${this.where}: expected integers at input ${index}, got ${input.tensor.type}`,
    );
  }

  integer(name: string, otherwise: number): number {
    const value = this.node.attributes.get(name) ?? otherwise;
    return typeof value === 'number' ? value : this.#mismatch(name, 'an integer');
  }

  float(name: string, otherwise: number): number {
    const value = this.node.attributes.get(name) ?? { float: otherwise };
    const isNumber = typeof value === 'object' && 'float' in value && !Number.isNaN(value.float);
    return isNumber ? value.float : this.#mismatch(name, 'a float');
  }

  text(name: string, otherwise: string): string {
    const value = this.node.attributes.get(name) ?? otherwise;
    return typeof value === 'string' ? value : this.#mismatch(name, 'a text');
  }

  integers(name: string): readonly number[] | null {
    const value = this.node.attributes.get(name);
    if (value === undefined) return null;
    return isIntegers(value) ? value : this.#mismatch(name, 'integers');
  }

  texts(name: string): readonly string[] | null {
    const value = this.node.attributes.get(name);
    if (value === undefined) return null;
    return isTexts(value) ? value : this.#mismatch(name, 'texts');
  }

  tensor(name: string): Tensor | null {
    const value = this.node.attributes.get(name);
    if (value === undefined) return null;
    return typeof value === 'object' && 'data' in value ? value : this.#mismatch(name, 'a tensor');
  }

  /** Adds a node to our graph. */
  make(
    operation: Operation,
    inputs: readonly Draft[],
    shape: Shape,
    layer: DraftLayer | null = null,
  ): Draft {
    if (!shape.every((size) => size >= 1) || !(sizeOf(shape) <= largestValue)) {
      this.refuse(`an output of 1 to ${largestValue} numbers`, shape.join('x'));
    }
    const draft = {
      name: this.node.name,
      operation,
      inputs: [...inputs],
      shape,
      quantization: null,
      layer,
      hiddenLayer: null,
    };
    this.state.drafts.push(draft);
    return draft;
  }

  /** The same value seen in another way; `view` null refuses, saying what was expected. */
  viewed(input: Signal, view: View | null, expected: string, got: string): Signal {
    return view === null ? this.refuse(expected, got) : { ...input, view };
  }

  /** Imports another ONNX operator in the place of this one. */
  run(
    operator: string,
    inputs: readonly (Value | null)[],
    attributes: OnnxNode['attributes'] = this.node.attributes,
  ): Value {
    return this.state.importNode({ ...this.node, domain: '', operator, attributes }, inputs);
  }

  /** Sets an output after the first, which the importer returns. */
  setOutput(index: number, value: Value): void {
    this.state.outputs.set(this.node.outputs[index] ?? '', value);
  }

  /** Counts `size` numbers about to be allocated, so that a small file cannot ask for a large memory. */
  allocate(size: number): number {
    this.state.allowance -= size;
    if (this.state.allowance < 0) this.refuse('constants in proportion to the file', 'far more');
    return size;
  }

  get where(): string {
    return `node ${quote(this.node.name)} (${this.node.operator})`;
  }

  refuse(expected: string, got: string, nearest?: string): never {
    const cure = nearest === undefined ? '' : `; the nearest supported form is ${nearest}`;
    throw new UnsupportedError(`${this.where}: expected ${expected}, got ${got}${cure}`);
  }

  #mismatch(name: string, expected: string): never {
    throw new FormatError(
      `${this.where}: expected attribute ${quote(name)} to be ${expected}, got another`,
    );
  }
}

function isIntegers(value: DecodedAttribute): value is readonly number[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'number');
}

function isTexts(value: DecodedAttribute): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}
