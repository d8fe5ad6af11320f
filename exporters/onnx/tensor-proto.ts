// Tensors of an ONNX file. What a file says of sizes is believed only after the data it brings has
// been counted, so that memory stays in proportion to the bytes given.
import { create } from '@bufbuild/protobuf';

import { FormatError, UnsupportedError } from '#runtime';

import { elementArray, elementFormats, elementTypeFromCode } from './element-type.ts';
import type { ElementArray, ElementType } from './element-type.ts';
import { TensorProtoSchema } from './onnx_pb.gen.ts';
import type { TensorProto } from './onnx_pb.gen.ts';
import { quote } from './quote.ts';
import type { ExternalData, Tensor } from './tensor.ts';

/** The tensor as a file has it. It refers to the same memory: every platform here is little-endian. */
export function tensorProto({ type, dimensions, data }: Tensor, name: string): TensorProto {
  return create(TensorProtoSchema, {
    name,
    dims: dimensions.map(BigInt),
    dataType: elementFormats[type].code,
    rawData: new Uint8Array(data.buffer as ArrayBuffer, data.byteOffset, data.byteLength),
  });
}

/** A copy of the tensor in a file. `where` names it in messages. */
export function decodeTensor(proto: TensorProto, where: string, external: ExternalData): Tensor {
  const type = elementTypeFromCode(proto.dataType);
  if (type === null) {
    throw new UnsupportedError(
      `${where}: expected elements of a number type of at least 8 bits, got type ${proto.dataType}`,
    );
  }
  const dimensions = proto.dims.map((size) => dimension(size, where));
  const size = dimensions.reduce((total, next) => total * next, 1);
  const bytes = rawBytes(proto, where, external);
  const data = bytes === null ? fromNumbers(proto, type) : fromBytes(bytes, type);
  if (data === null || data.length !== size) {
    const got = data === null ? `${bytes!.length} bytes of ${type}` : `${data.length}`;
    throw new FormatError(
      `${where}: expected ${size} elements for [${dimensions.join(', ')}], got ${got}; the file is damaged`,
    );
  }
  return { type, dimensions, data };
}

function dimension(size: bigint, where: string): number {
  if (size >= 0n && size < 2n ** 31n) return Number(size);
  throw new FormatError(`${where}: expected sizes from 0 to 2147483647, got ${size}`);
}

function rawBytes(proto: TensorProto, where: string, external: ExternalData): Uint8Array | null {
  if (proto.dataLocation === 1) return externalBytes(proto, where, external);
  return proto.rawData.length > 0 ? proto.rawData : null;
}

function externalBytes(proto: TensorProto, where: string, external: ExternalData): Uint8Array {
  const entries = new Map(proto.externalData.map(({ key, value }) => [key, value]));
  const location = entries.get('location') ?? '';
  const blob = isSafeLocation(location) ? external(location) : null;
  if (blob === null) {
    throw new FormatError(
      `${where}: expected the external data ${quote(location)}, got none; ` +
        'give it beside the model, or save the model as one file',
    );
  }
  const offset = Number(entries.get('offset') ?? 0);
  const length = Number(entries.get('length') ?? blob.length - offset);
  const isInside = [offset, length].every((n) => Number.isSafeInteger(n) && n >= 0);
  if (!isInside || offset + length > blob.length) {
    throw new FormatError(
      `${where}: expected external data within ${blob.length} bytes, got ${length} bytes at ${offset}`,
    );
  }
  return blob.subarray(offset, offset + length);
}

/** A relative path that stays below the model's folder. */
function isSafeLocation(location: string): boolean {
  return (
    location !== '' && !/^[/\\]|^\w:|\0/.test(location) && !/(^|[/\\])\.\.([/\\]|$)/.test(location)
  );
}

function fromBytes(bytes: Uint8Array, type: ElementType): ElementArray | null {
  const format = elementFormats[type];
  if (bytes.length % format.bytes !== 0) return null;
  // A copy, since bytes in a file are not aligned.
  return format.view(new Uint8Array(bytes).buffer, 0, bytes.length / format.bytes);
}

/** From the field of the file that holds numbers of this type. */
function fromNumbers(proto: TensorProto, type: ElementType): ElementArray {
  if (type === 'int64') return new BigInt64Array(proto.int64Data);
  if (type === 'uint64') return new BigUint64Array(proto.uint64Data);
  const values = numbersOf(proto, type);
  const data = elementArray(type, values.length);
  data.set(values);
  return data;
}

function numbersOf(proto: TensorProto, type: ElementType): readonly number[] {
  if (type === 'float32') return proto.floatData;
  if (type === 'double') return proto.doubleData;
  return type === 'uint32' ? proto.uint64Data.map(Number) : proto.int32Data;
}
