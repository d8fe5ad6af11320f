// Between a value's positions and the coarser cells a feedback is computed on.
import type { Shape } from '#runtime';
import { sizeOf } from '#runtime';

import type { FloatArray } from '../float/array.ts';

type Grid = readonly [height: number, width: number];

/** Position (y, x) -> cell (floor(y gridHeight / height), floor(x gridWidth / width)), both row-major. */
function cellTable([height, width]: Shape, [gridHeight, gridWidth]: Grid): Int32Array {
  const table = new Int32Array(height * width);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const row = Math.floor((y * gridHeight) / height);
      table[y * width + x] = row * gridWidth + Math.floor((x * gridWidth) / width);
    }
  }
  return table;
}

/** [batch, grid, channels] -> [batch, shape]: each position takes its cell's numbers. */
export function copyToPositions(cells: FloatArray, grid: Grid, shape: Shape): Float32Array {
  const table = cellTable(shape, grid);
  const channels = shape[2];
  const cellCount = grid[0] * grid[1];
  const batch = cells.length / (cellCount * channels);
  const result = new Float32Array(batch * sizeOf(shape));
  for (let n = 0; n < batch; n++) {
    for (const [p, cell] of table.entries()) {
      const from = (n * cellCount + cell) * channels;
      result.set(cells.subarray(from, from + channels), (n * table.length + p) * channels);
    }
  }
  return result;
}

/** The transpose: [batch, shape] -> [batch, grid, channels], sums over each cell. */
export function sumToCells(values: FloatArray, grid: Grid, shape: Shape): Float32Array {
  const table = cellTable(shape, grid);
  const channels = shape[2];
  const cellCount = grid[0] * grid[1];
  const batch = values.length / sizeOf(shape);
  const sums = new Float32Array(batch * cellCount * channels);
  for (let n = 0; n < batch; n++) {
    for (const [p, cell] of table.entries()) {
      const to = (n * cellCount + cell) * channels;
      const from = (n * table.length + p) * channels;
      for (let c = 0; c < channels; c++) sums[to + c]! += values[from + c]!;
    }
  }
  return sums;
}
