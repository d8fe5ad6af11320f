// ONNX bytes as plain data. Every field is treated as hostile: whatever the bytes, the outcome is a
// model or an OnwardError, in time and memory proportional to their number.
import { fromBinary } from '@bufbuild/protobuf';

import { FormatError } from '#runtime';

import { decodeAttribute } from './attribute-proto.ts';
import type { DecodedAttribute } from './attribute.ts';
import { elementTypeFromCode } from './element-type.ts';
import type { ElementType } from './element-type.ts';
import { ModelProtoSchema } from './onnx_pb.gen.ts';
import type { GraphProto, ModelProto, NodeProto, ValueInfoProto } from './onnx_pb.gen.ts';
import { quote } from './quote.ts';
import { decodeTensor } from './tensor-proto.ts';
import type { ExternalData, Tensor } from './tensor.ts';

export interface OnnxNode {
  readonly name: string;
  readonly operator: string;
  /** '' for ONNX's own operators. */
  readonly domain: string;
  /** '' where an optional one is left out. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: ReadonlyMap<string, DecodedAttribute>;
}

/** An input or output of the graph; null where the file does not say. */
export interface OnnxValue {
  readonly name: string;
  readonly type: ElementType | null;
  readonly dimensions: readonly (number | string)[] | null;
}

export interface OnnxModel {
  readonly producer: string;
  /** Version of each operator set by domain. */
  readonly operatorSets: ReadonlyMap<string, number>;
  /** Without those that initializers set. */
  readonly inputs: readonly OnnxValue[];
  readonly outputs: readonly OnnxValue[];
  readonly initializers: ReadonlyMap<string, Tensor>;
  readonly nodes: readonly OnnxNode[];
}

export interface DecodeOptions {
  /** Called for each tensor that stands outside the model. */
  readonly externalData?: ExternalData;
}

export function decodeModel(bytes: Uint8Array, { externalData }: DecodeOptions = {}): OnnxModel {
  const proto = parse(bytes);
  const graph = proto.graph;
  if (graph === undefined || graph.node.length === 0 || proto.opsetImport.length === 0) {
    throw new FormatError(
      'ONNX model: expected a graph with nodes and an operator set, got neither; is this an .onnx file?',
    );
  }
  const initializers = decodeInitializers(graph, externalData ?? (() => null));
  const operatorSets = proto.opsetImport.map(({ domain, version }) => {
    return [ownDomain(domain), Number(version)] as const;
  });
  return {
    producer: proto.producerName,
    operatorSets: new Map(operatorSets),
    inputs: graph.input.filter(({ name }) => !initializers.has(name)).map(decodeValue),
    outputs: graph.output.map(decodeValue),
    initializers,
    nodes: graph.node.map((node, index) => decodeNode(node, index)),
  };
}

function parse(bytes: Uint8Array): ModelProto {
  try {
    return fromBinary(ModelProtoSchema, bytes, { readUnknownFields: false });
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new FormatError(
      `ONNX model: expected an ONNX protobuf of ${bytes.length} bytes, got a damaged or foreign one (${why}); ` +
        'export or download it again',
      { cause },
    );
  }
}

function decodeInitializers(graph: GraphProto, externalData: ExternalData): Map<string, Tensor> {
  const initializers = new Map<string, Tensor>();
  for (const proto of graph.initializer) {
    const where = `initializer ${quote(proto.name)}`;
    if (initializers.has(proto.name)) {
      throw new FormatError(
        `${where}: expected names used once, got it twice; the file is damaged`,
      );
    }
    initializers.set(proto.name, decodeTensor(proto, where, externalData));
  }
  return initializers;
}

function decodeValue({ name, type }: ValueInfoProto): OnnxValue {
  const tensor = type?.value.case === 'tensorType' ? type.value.value : undefined;
  const dimensions = tensor?.shape?.dim.map(({ value }) => {
    return value.case === 'dimValue' ? Number(value.value) : (value.value ?? '');
  });
  return {
    name,
    type: elementTypeFromCode(tensor?.elemType ?? 0),
    dimensions: dimensions ?? null,
  };
}

function decodeNode(node: NodeProto, index: number): OnnxNode {
  const name = node.name || node.output[0] || `#${index}`;
  return {
    name,
    operator: node.opType,
    domain: ownDomain(node.domain),
    inputs: node.input,
    outputs: node.output,
    attributes: new Map(
      node.attribute.map((attribute) => {
        const where = `node ${quote(name)} (${node.opType.slice(0, 40)}), attribute ${quote(attribute.name)}`;
        return [attribute.name, decodeAttribute(attribute, where)];
      }),
    ),
  };
}

/** ONNX's own operators have two names for their domain. */
function ownDomain(domain: string): string {
  return domain === 'ai.onnx' ? '' : domain;
}
