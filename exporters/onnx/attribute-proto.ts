// Attributes of an ONNX node, as a file has them.
import { create } from '@bufbuild/protobuf';

import type { AttributeValue, DecodedAttribute } from './attribute.ts';
import { AttributeProtoSchema, TensorProtoSchema } from './onnx_pb.gen.ts';
import type { AttributeProto, GraphProto } from './onnx_pb.gen.ts';
import { decodeTensor, tensorProto } from './tensor-proto.ts';

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
  if ('graph' in value) return { type: attributeTypes.graph, g: value.graph as GraphProto };
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
