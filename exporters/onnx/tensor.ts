import { create } from '@bufbuild/protobuf';

import { elementFormats } from './element-type.ts';
import type { ElementArray, ElementType } from './element-type.ts';
import { TensorProtoSchema } from './onnx_pb.gen.ts';
import type { TensorProto } from './onnx_pb.gen.ts';

export interface Tensor {
  readonly type: ElementType;
  readonly dimensions: readonly number[];
  /** Row-major; the array that `type` asks for. */
  readonly data: ElementArray;
}

/** The tensor as a file has it. It refers to the same memory: every platform here is little-endian. */
export function tensorProto({ type, dimensions, data }: Tensor, name: string): TensorProto {
  return create(TensorProtoSchema, {
    name,
    dims: dimensions.map(BigInt),
    dataType: elementFormats[type].code,
    rawData: new Uint8Array(data.buffer as ArrayBuffer, data.byteOffset, data.byteLength),
  });
}
