// The two integer products that all learning is made of: sums over a window (forward, input
// gradient, feedback) and outer products with a window (weight gradient). Exact in int32.
//
// n sample, p position, k window offset, c channel read, o row (channel made), g group.
// A window's values are first gathered into a column [g, k, c within g]; each product then runs
// along the column and a row of the matrix, which has the same order.

export interface WindowGeometry {
  /** [positions, offsets] -> position read, or `inputs` for padding, which counts as zero. */
  readonly table: Int32Array;
  readonly positions: number;
  readonly offsets: number;
  readonly inputs: number;
  /** Channels read, all groups together. */
  readonly channels: number;
  /** Channels made, all groups together. */
  readonly rows: number;
  readonly groups: number;
}

/** uint8 values [n, inputs, channels]; the zero point is taken off as they are read. */
export interface WindowValues {
  readonly values: Uint8Array;
  readonly zeroPoint: number;
}

/**
 * sums[o] = sum over k, c of matrix[o, k, c] * (values[n, table(p, k), c] - zeroPoint), handed to
 * `use` with at = n * positions + p. `sums` is reused: `use` must not keep it.
 */
export function windowSums(
  geometry: WindowGeometry,
  matrix: Int8Array,
  source: WindowValues,
  batch: number,
  use: (sums: Int32Array, at: number) => void,
): void {
  const { positions, rows, groups } = geometry;
  const column = new Int32Array(geometry.offsets * geometry.channels);
  const length = column.length / groups;
  const rowsPerGroup = rows / groups;
  const sums = new Int32Array(rows);
  for (let at = 0; at < batch * positions; at++) {
    gatherColumn(geometry, source, at, column);
    for (let g = 0; g < groups; g++) {
      multiplyGroup(
        matrix,
        column,
        sums,
        g * rowsPerGroup,
        (g + 1) * rowsPerGroup,
        g * length,
        length,
      );
    }
    use(sums, at);
  }
}

/** sums[o] = matrix[o] . column, for rows as long as the column. */
export function multiplyRows(matrix: Int8Array, column: Int32Array, sums: Int32Array): void {
  multiplyGroup(matrix, column, sums, 0, sums.length, 0, column.length);
}

/** sums[o] = matrix[o] . column[base, base + length) for o in [from, to), four rows at a time. */
function multiplyGroup(
  matrix: Int8Array,
  column: Int32Array,
  sums: Int32Array,
  from: number,
  to: number,
  base: number,
  length: number,
): void {
  let o = from;
  for (; o + 3 < to; o += 4) {
    let r0 = o * length;
    let r1 = r0 + length;
    let r2 = r1 + length;
    let r3 = r2 + length;
    let s0 = 0;
    let s1 = 0;
    let s2 = 0;
    let s3 = 0;
    for (let j = base; j < base + length; j++) {
      const x = column[j]!;
      s0 = (s0 + Math.imul(x, matrix[r0++]!)) | 0;
      s1 = (s1 + Math.imul(x, matrix[r1++]!)) | 0;
      s2 = (s2 + Math.imul(x, matrix[r2++]!)) | 0;
      s3 = (s3 + Math.imul(x, matrix[r3++]!)) | 0;
    }
    sums[o] = s0;
    sums[o + 1] = s1;
    sums[o + 2] = s2;
    sums[o + 3] = s3;
  }
  for (; o < to; o++) {
    let r = o * length;
    let s = 0;
    for (let j = base; j < base + length; j++) s = (s + Math.imul(column[j]!, matrix[r++]!)) | 0;
    sums[o] = s;
  }
}

/**
 * products[o, k, c] = sum over n, p of (errors[n, p, o] - errors.zeroPoint) (values[n, table(p, k), c] - zeroPoint).
 */
export function windowProducts(
  geometry: WindowGeometry,
  errors: WindowValues,
  source: WindowValues,
  batch: number,
): Int32Array {
  const { rows } = geometry;
  const size = geometry.offsets * geometry.channels;
  const [first, second] = [new Int32Array(size), new Int32Array(size)];
  const length = size / geometry.groups;
  const rowsPerGroup = rows / geometry.groups;
  const products = new Int32Array(rows * length);
  const count = batch * geometry.positions;
  // Two positions at a time: half the reads and writes of products.
  for (let at = 0; at < count; at += 2) {
    const isPair = at + 1 < count;
    gatherColumn(geometry, source, at, first);
    if (isPair) gatherColumn(geometry, source, at + 1, second);
    for (let o = 0; o < rows; o++) {
      const d = errors.values[at * rows + o]! - errors.zeroPoint;
      const e = isPair ? errors.values[(at + 1) * rows + o]! - errors.zeroPoint : 0;
      if (d === 0 && e === 0) continue;
      let j = Math.trunc(o / rowsPerGroup) * length;
      for (let i = o * length; i < (o + 1) * length; i++) {
        products[i] = products[i]! + Math.imul(d, first[j]!) + Math.imul(e, second[j]!);
        j++;
      }
    }
  }
  return products;
}

/** column[g, k, c] = values[n, table(p, k), g, c] - zeroPoint, or 0 for padding. */
function gatherColumn(
  { table, positions, offsets, inputs, channels, groups }: WindowGeometry,
  { values, zeroPoint }: WindowValues,
  at: number,
  column: Int32Array,
): void {
  const perGroup = channels / groups;
  const sample = Math.trunc(at / positions) * inputs;
  const entry = (at % positions) * offsets;
  for (let k = 0; k < offsets; k++) {
    const q = table[entry + k]!;
    const isPadding = q === inputs;
    let i = (sample + q) * channels;
    for (let start = k * perGroup; start < column.length; start += offsets * perGroup) {
      for (let j = start; j < start + perGroup; j++) {
        column[j] = isPadding ? 0 : values[i++]! - zeroPoint;
      }
    }
  }
}
