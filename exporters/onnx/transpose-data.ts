/** Moves axis order[i] of a row-major array to axis i. */
export function transposeData<Data extends Float32Array | Int16Array | Int32Array>(
  data: Data,
  dimensions: readonly number[],
  order: readonly number[],
): Data {
  const strides = dimensions.map((_, axis) => product(dimensions.slice(axis + 1)));
  const axes = order.map((axis) => ({ size: dimensions[axis]!, stride: strides[axis]! }));
  const inner = axes.at(-1) ?? { size: 1, stride: 1 };
  const outer = axes.slice(0, -1);
  const result = new (data.constructor as new (length: number) => Data)(data.length);
  const position = outer.map(() => 0);
  let source = 0;
  for (let index = 0; index < result.length;) {
    for (let i = 0; i < inner.size; i++) result[index++] = data[source + i * inner.stride]!;
    for (let axis = outer.length - 1; axis >= 0; axis--) {
      const { size, stride } = outer[axis]!;
      source += stride;
      if (++position[axis]! < size) break;
      source -= stride * size;
      position[axis] = 0;
    }
  }
  return result;
}

function product(sizes: readonly number[]): number {
  return sizes.reduce((total, size) => total * size, 1);
}
