// Elements of a constant as numbers, whatever their type.
import type { Tensor } from './tensor.ts';

/** As float32; float16 and double are converted, integers too. */
export function floatsOf({ type, data }: Tensor): Float32Array {
  if (data instanceof Float32Array) return data;
  if (type === 'float16') return Float32Array.from(data as Uint16Array, halfToNumber);
  if (data instanceof BigInt64Array || data instanceof BigUint64Array) {
    return Float32Array.from(data, Number);
  }
  return Float32Array.from(data);
}

/** As integers; null where the tensor is not one of int64 or int32. */
export function integersOf({ data }: Tensor): bigint[] | null {
  if (data instanceof BigInt64Array) return [...data];
  return data instanceof Int32Array ? Array.from(data, BigInt) : null;
}

function halfToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 0x1f) return fraction === 0 ? sign * Infinity : Number.NaN;
  return sign * (1024 + fraction) * 2 ** (exponent - 25);
}
