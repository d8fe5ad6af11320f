/** [columns, rows] from [rows, columns]: what errors are summed along. */
export function transpose(matrix: Int8Array, columns: number): Int8Array {
  const rows = matrix.length / columns;
  const result = new Int8Array(matrix.length);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      result[column * rows + row] = matrix[row * columns + column]!;
    }
  }
  return result;
}
