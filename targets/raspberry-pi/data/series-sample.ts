// A CSV file as a sample: one line per point in time, one column per channel; a header is skipped.
// For a package with one channel the lines and columns may also be its height and width.
import { InputError } from '#runtime';

import { numberOf, parseCsv } from './csv.ts';
import { planesFirst } from './planes-first.ts';
import type { SampleForm } from './samples.ts';

/** Values of one sample in the form's layout. */
export function seriesSample(bytes: Buffer, form: SampleForm, where: string): Float32Array {
  const values: number[] = [];
  let [lines, columns] = [0, 0];
  parseCsv(bytes, where, ({ cells, line }) => {
    [lines, columns] = [line, cells.length];
    for (const [index, cell] of cells.entries()) {
      values.push(numberOf(cell, where, { line, column: index + 1 }));
    }
  });
  const [height, width, channels] = form.shape;
  const isSeries = lines === height * width && columns === channels;
  const isGrid = channels === 1 && lines === height && columns === width;
  if (!isSeries && !isGrid) {
    throw new InputError(
      `${where}: expected ${height * width} lines of ${channels} columns, got ${lines} of ${columns}; cut or pad the series`,
    );
  }
  const sample = Float32Array.from(values);
  return form.layout === 'nhwc' || isGrid ? sample : planesFirst(sample, channels);
}
