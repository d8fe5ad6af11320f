// Attributes of an ONNX node: as they are written in code, and as a file has them.
import { create } from '@bufbuild/protobuf';

import { AttributeProtoSchema, TensorProtoSchema } from './onnx_pb.gen.ts';
import type { AttributeProto, GraphProto } from './onnx_pb.gen.ts';
import { decodeTensor, tensorProto } from './tensor.ts';
import type { Tensor } from './tensor.ts';

/** Bare numbers are integers; floats are wrapped, since 1 alone would not say which it is. */
export type AttributeValue =
  | number
  | readonly number[]
  | string
  | readonly string[]
  | Tensor
  | { readonly float: number }
  | { readonly floats: readonly number[] }
  | Subgraph;

/** The graph that a node runs (Scan); GraphBuilder makes it. */
export interface Subgraph {
  readonly graph: GraphProto;
}

/** A float attribute: `{ alpha: float(1) }`. */
export function float(value: number): AttributeValue {
  return { float: value };
}

/** An attribute that is a list of floats. */
export function floats(values: readonly number[]): AttributeValue {
  return { floats: values };
}

// AttributeProto.AttributeType
const attributeTypes = {
  float: 1,
  int: 2,
  string: 3,
  tensor: 4,
  graph: 5,
  floats: 6,
  ints: 7,
  strings: 8,
} as const;

export function attributeProto(name: string, value: AttributeValue): AttributeProto {
  return create(AttributeProtoSchema, { name, ...content(name, value) });
}

function content(name: string, value: AttributeValue): Partial<Omit<AttributeProto, '$typeName'>> {
  if (typeof value === 'string') return { type: attributeTypes.string, s: value };
  if (typeof value === 'number') return { type: attributeTypes.int, i: integer(name, value) };
  if ('float' in value) return { type: attributeTypes.float, f: value.float };
  if ('floats' in value) return { type: attributeTypes.floats, floats: [...value.floats] };
  if ('graph' in value) return { type: attributeTypes.graph, g: value.graph };
  if ('data' in value) return { type: attributeTypes.tensor, t: tensorProto(value, '') };
  const texts = value.filter((item) => typeof item === 'string');
  if (texts.length > 0) return { type: attributeTypes.strings, strings: texts };
  return {
    type: attributeTypes.ints,
    ints: value.map((item) => integer(name, Number(item))),
  };
}

function integer(name: string, value: number): bigint {
  if (Number.isInteger(value)) return BigInt(value);
  throw new RangeError(
    `attribute "${name}": expected an integer, got ${value}; use float or floats`,
  );
}

/** A value of a kind that no supported operator has (a subgraph, a type): its number in the file. */
export interface ForeignAttribute {
  readonly foreign: number;
}

export type DecodedAttribute = AttributeValue | ForeignAttribute;

export function decodeAttribute(proto: AttributeProto, where: string): DecodedAttribute {
  switch (proto.type) {
    case attributeTypes.float:
      return { float: proto.f };
    case attributeTypes.int:
      return Number(proto.i);
    case attributeTypes.string:
      return proto.s;
    case attributeTypes.tensor:
      return decodeTensor(proto.t ?? create(TensorProtoSchema), where, () => null);
    case attributeTypes.floats:
      return { floats: proto.floats };
    case attributeTypes.ints:
      return proto.ints.map(Number);
    case attributeTypes.strings:
      return proto.strings;
    default:
      return { foreign: proto.type };
  }
}
