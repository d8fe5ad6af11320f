// ONNX's tensor element types: the names used here, their numbers in a file, and the typed array
// that holds each. Bool is one byte an element; float16 is kept as its bits.

export interface ElementArrays {
  float32: Float32Array;
  double: Float64Array;
  float16: Uint16Array;
  uint8: Uint8Array;
  int8: Int8Array;
  uint16: Uint16Array;
  int16: Int16Array;
  uint32: Uint32Array;
  int32: Int32Array;
  uint64: BigUint64Array;
  int64: BigInt64Array;
  bool: Uint8Array;
}

export type ElementType = keyof ElementArrays;
export type ElementArray = ElementArrays[ElementType];

interface ElementFormat<Type extends ElementType> {
  /** TensorProto.DataType. */
  readonly code: number;
  readonly bytes: number;
  view(buffer: ArrayBufferLike, byteOffset: number, length: number): ElementArrays[Type];
}

export const elementFormats: { readonly [Type in ElementType]: ElementFormat<Type> } = {
  float32: { code: 1, bytes: 4, view: (...at) => new Float32Array(...at) },
  double: { code: 11, bytes: 8, view: (...at) => new Float64Array(...at) },
  float16: { code: 10, bytes: 2, view: (...at) => new Uint16Array(...at) },
  uint8: { code: 2, bytes: 1, view: (...at) => new Uint8Array(...at) },
  int8: { code: 3, bytes: 1, view: (...at) => new Int8Array(...at) },
  uint16: { code: 4, bytes: 2, view: (...at) => new Uint16Array(...at) },
  int16: { code: 5, bytes: 2, view: (...at) => new Int16Array(...at) },
  uint32: { code: 12, bytes: 4, view: (...at) => new Uint32Array(...at) },
  int32: { code: 6, bytes: 4, view: (...at) => new Int32Array(...at) },
  uint64: { code: 13, bytes: 8, view: (...at) => new BigUint64Array(...at) },
  int64: { code: 7, bytes: 8, view: (...at) => new BigInt64Array(...at) },
  bool: { code: 9, bytes: 1, view: (...at) => new Uint8Array(...at) },
};

const elementTypes = Object.keys(elementFormats) as readonly ElementType[];
const typesByCode: ReadonlyMap<number, ElementType> = new Map(
  elementTypes.map((type) => [elementFormats[type].code, type]),
);

export function elementTypeFromCode(code: number): ElementType | null {
  return typesByCode.get(code) ?? null;
}

/** An array of zeros that holds elements of a type. */
export function elementArray<Type extends ElementType>(
  type: Type,
  length: number,
): ElementArrays[Type] {
  const format = elementFormats[type];
  return format.view(new ArrayBuffer(format.bytes * length), 0, length);
}

/** The element type a typed array holds where nothing else is said. */
export function elementTypeOf(data: ElementArray): ElementType {
  if (data instanceof Float32Array) return 'float32';
  if (data instanceof Float64Array) return 'double';
  if (data instanceof Uint8Array) return 'uint8';
  if (data instanceof Int8Array) return 'int8';
  if (data instanceof Uint16Array) return 'uint16';
  if (data instanceof Int16Array) return 'int16';
  if (data instanceof Uint32Array) return 'uint32';
  if (data instanceof Int32Array) return 'int32';
  return data instanceof BigInt64Array ? 'int64' : 'uint64';
}
