// A CSV file as a sample: one line per point in time, one column per channel; a header is skipped.
// For a package with one channel the lines and columns may also be its height and width.
import { InputError } from '#runtime';

import { numberOf, parseCsv } from './csv.ts';
import type { SampleForm } from './samples.ts';

/** Values of one sample in the form's layout. */
export function seriesSample(bytes: Buffer, form: SampleForm, where: string): Float32Array {
  const { rows } = parseCsv(bytes, where);
  const [height, width, channels] = form.shape;
  const columns = rows[0]?.length ?? 0;
  const isSeries = rows.length === height * width && columns === channels;
  const isGrid = channels === 1 && rows.length === height && columns === width;
  if (!isSeries && !isGrid) {
    throw new InputError(
      `${where}: expected ${height * width} lines of ${channels} columns, got ${rows.length} of ${columns}; cut or pad the series`,
    );
  }
  const [rowStride, columnStride] =
    form.layout === 'nhwc' || isGrid ? [columns, 1] : [1, rows.length];
  const sample = new Float32Array(height * width * channels);
  for (const [row, cells] of rows.entries()) {
    for (const [column, cell] of cells.entries()) {
      const value = numberOf(cell, where, { line: row + 1, column: column + 1 });
      sample[row * rowStride + column * columnStride] = value;
    }
  }
  return sample;
}
