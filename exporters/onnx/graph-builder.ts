// Writes ONNX models. Values are named by strings: every method that makes one returns its name.
//
//   const g = new GraphBuilder({ opset: 18, contrib: true });
//   const x = g.input('x', 'float32', ['batch', 3]);
//   const w = g.constant('w', Float32Array.of(1, 2, 3), [3, 1]);
//   const y = g.node('MatMul', [x, w], { output: 'y' });
//   g.output(y, 'float32', ['batch', 1]);
//   const bytes = g.build();
//
// A value must exist before it is used, so the nodes are in an order that runs. Misuse is a
// RangeError: it is a mistake in the program that builds, never in data.
import { create, toBinary } from '@bufbuild/protobuf';

import { attributeProto } from './attribute-proto.ts';
import type { AttributeValue, Subgraph } from './attribute.ts';
import { elementFormats, elementTypeOf } from './element-type.ts';
import type { ElementArray, ElementType } from './element-type.ts';
import {
  GraphProtoSchema,
  ModelProtoSchema,
  NodeProtoSchema,
  TensorProtoSchema,
  ValueInfoProtoSchema,
} from './onnx_pb.gen.ts';
import type { GraphProto, NodeProto, TensorProto, ValueInfoProto } from './onnx_pb.gen.ts';
import { tensorProto } from './tensor-proto.ts';

/** Sizes of a tensor; a string names a size that is known only when the model runs. */
export type Dimensions = readonly (number | string)[];

export interface GraphBuilderOptions {
  /** Version of ONNX's own operators; 18 by default. */
  readonly opset?: number;
  /** Also import com.microsoft, ONNX Runtime's own operators. */
  readonly contrib?: boolean;
  readonly name?: string;
}

export interface NodeOptions {
  /** Numbers and arrays of numbers are integers; wrap others in `float` or `floats`. */
  readonly attributes?: Readonly<Record<string, AttributeValue>>;
  /** `com.microsoft` for contributed operators. */
  readonly domain?: string;
  /** Name of the (first) output, and of the node; made from the operator and a counter by default. */
  readonly output?: string;
}

/** Where an initializer's bytes stand outside the model. */
export interface ExternalLocation {
  readonly location: string;
  readonly offset: number;
  readonly length: number;
}

/** What a graph and a subgraph have each of their own. */
interface Scope {
  readonly inputs: ValueInfoProto[];
  readonly outputs: ValueInfoProto[];
  readonly nodes: NodeProto[];
  readonly names: string[];
}

export class GraphBuilder {
  readonly #options: Required<GraphBuilderOptions>;
  readonly #initializers: TensorProto[] = [];
  /** Of all scopes: no name is used twice. */
  readonly #names = new Set<string>();
  /** Values of subgraphs that are written, which nobody else sees. */
  readonly #closed = new Set<string>();
  #scope: Scope = newScope();
  readonly #scalars = new Map<string, string>();
  #counter = 0;

  constructor({ opset = 18, contrib = false, name = 'onward' }: GraphBuilderOptions = {}) {
    this.#options = { opset, contrib, name };
  }

  input(name: string, type: ElementType, dimensions: Dimensions): string {
    this.#scope.inputs.push(valueInfo(this.#define(name), type, dimensions));
    return name;
  }

  /** An initializer; the type is the array's own unless given. `data` is read when `build` is called. */
  constant(
    name: string,
    data: ElementArray,
    dimensions: readonly number[],
    type: ElementType = elementTypeOf(data),
  ): string {
    const size = product(dimensions);
    if (data.length !== size) {
      throw new RangeError(
        `constant "${name}": expected ${size} elements for [${dimensions.join(', ')}], got ${data.length}`,
      );
    }
    this.#initializers.push(tensorProto({ type, dimensions, data }, this.#defineConstant(name)));
    return name;
  }

  /** An initializer whose bytes (little-endian) stand in a file, or a blob given to the session. */
  external(
    name: string,
    type: ElementType,
    dimensions: readonly number[],
    { location, offset, length }: ExternalLocation,
  ): string {
    const expected = product(dimensions) * elementFormats[type].bytes;
    if (length !== expected) {
      throw new RangeError(`external "${name}": expected ${expected} bytes, got ${length}`);
    }
    this.#initializers.push(
      create(TensorProtoSchema, {
        name: this.#defineConstant(name),
        dims: dimensions.map(BigInt),
        dataType: elementFormats[type].code,
        dataLocation: 1,
        externalData: Object.entries({ location, offset, length }).map(([key, value]) => ({
          key,
          value: String(value),
        })),
      }),
    );
    return name;
  }

  /** A constant without dimensions; equal scalars are stored once. */
  scalar(type: ElementType, value: number): string {
    return this.#shared(type, [value], []);
  }

  /** An int64 vector (shapes, axes, starts, ends); equal ones are stored once. */
  int64(values: readonly number[]): string {
    return this.#shared('int64', values, [values.length]);
  }

  /** Adds a node and returns the name of its output. An input '' stands for an optional one left out. */
  node(operator: string, inputs: readonly string[], options: NodeOptions = {}): string {
    return this.nodeWithOutputs(
      operator,
      inputs,
      [options.output ?? this.newName(operator)],
      options,
    )[0]!;
  }

  /** Adds a node with several outputs, given by number or by name ('' leaves one out). */
  nodeWithOutputs(
    operator: string,
    inputs: readonly string[],
    outputs: number | readonly string[],
    { attributes = {}, domain = '', output }: NodeOptions = {},
  ): string[] {
    for (const input of inputs) {
      if (input !== '' && !this.sees(input)) {
        throw new RangeError(`${operator}: input "${input}" is not a value of this graph yet`);
      }
    }
    if (domain !== '' && !(this.#options.contrib && domain === 'com.microsoft')) {
      throw new RangeError(`${operator}: domain "${domain}" needs a builder with contrib: true`);
    }
    const names =
      typeof outputs === 'number'
        ? numbered(output ?? this.newName(operator), outputs)
        : [...outputs];
    for (const name of names) if (name !== '') this.#define(name);
    this.#scope.nodes.push(
      create(NodeProtoSchema, {
        name: names[0]!,
        opType: operator,
        domain,
        input: [...inputs],
        output: names,
        attribute: Object.entries(attributes).map(([name, value]) => attributeProto(name, value)),
      }),
    );
    return names;
  }

  output(name: string, type: ElementType, dimensions: Dimensions): void {
    if (!this.sees(name)) {
      throw new RangeError(`output "${name}" is not a value of this graph`);
    }
    this.#scope.outputs.push(valueInfo(name, type, dimensions));
  }

  /**
   * The graph of a node that runs one. What `write` adds is the subgraph's: its inputs and outputs in order, and
   * nodes, which may read whatever was made before. Constants are this graph's.
   */
  subgraph(name: string, write: () => void): Subgraph {
    const outer = this.#scope;
    this.#scope = newScope();
    try {
      write();
      for (const own of this.#scope.names) this.#closed.add(own);
      return { graph: this.#graph(name, []) };
    } finally {
      this.#scope = outer;
    }
  }

  /** The model as a file's bytes. */
  build(): Uint8Array<ArrayBuffer> {
    const { opset, contrib, name } = this.#options;
    const model = create(ModelProtoSchema, {
      irVersion: BigInt(irVersionFor(opset)),
      producerName: 'onward',
      opsetImport: [
        { domain: '', version: BigInt(opset) },
        ...(contrib ? [{ domain: 'com.microsoft', version: 1n }] : []),
      ],
      graph: this.#graph(name, this.#initializers),
    });
    return toBinary(ModelProtoSchema, model);
  }

  #graph(name: string, initializer: TensorProto[]): GraphProto {
    const { inputs: input, outputs: output, nodes: node } = this.#scope;
    return create(GraphProtoSchema, { name, input, output, initializer, node });
  }

  /** Whether the graph, or the subgraph being written, has the value as an input or a node's output. */
  makes(name: string): boolean {
    return this.#scope.names.includes(name);
  }

  /** Whether the graph, or the subgraph being written, may read the value. */
  protected sees(name: string): boolean {
    return this.#names.has(name) && !this.#closed.has(name);
  }

  #define(name: string): string {
    this.#scope.names.push(name);
    return this.#defineConstant(name);
  }

  #defineConstant(name: string): string {
    if (name === '' || this.#names.has(name)) {
      throw new RangeError(`value "${name}": expected a new name that is not empty`);
    }
    this.#names.add(name);
    return name;
  }

  /** A name that no value has yet. */
  newName(stem: string): string {
    let name: string;
    do name = `${stem}_${this.#counter++}`;
    while (this.#names.has(name));
    return name;
  }

  #shared(type: ElementType, values: readonly number[], dimensions: readonly number[]): string {
    const key = `${type}[${dimensions.join()}]:${values.map(exactly).join()}`;
    const known = this.#scalars.get(key);
    if (known !== undefined) return known;
    const format = elementFormats[type];
    const data = format.view(new ArrayBuffer(format.bytes * values.length), 0, values.length);
    for (const [index, value] of values.entries()) {
      data[index] = typeof data[0] === 'bigint' ? BigInt(value) : value;
    }
    const name = this.constant(this.newName(type), data, dimensions, type);
    this.#scalars.set(key, name);
    return name;
  }
}

function newScope(): Scope {
  return { inputs: [], outputs: [], nodes: [], names: [] };
}

function numbered(base: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => (index === 0 ? base : `${base}:${index}`));
}

/** Text that tells -0 from 0. */
function exactly(value: number): string {
  return Object.is(value, -0) ? '-0' : String(value);
}

function valueInfo(name: string, type: ElementType, dimensions: Dimensions): ValueInfoProto {
  const dim = dimensions.map((size) =>
    typeof size === 'number'
      ? { value: { case: 'dimValue' as const, value: BigInt(size) } }
      : { value: { case: 'dimParam' as const, value: size } },
  );
  const tensor = { elemType: elementFormats[type].code, shape: { dim } };
  return create(ValueInfoProtoSchema, {
    name,
    type: { value: { case: 'tensorType', value: tensor } },
  });
}

/** The file format's version that came with an operator set. */
function irVersionFor(opset: number): number {
  if (opset >= 21) return 10;
  return opset >= 19 ? 9 : 8;
}

function product(sizes: readonly number[]): number {
  return sizes.reduce((total, size) => total * size, 1);
}
