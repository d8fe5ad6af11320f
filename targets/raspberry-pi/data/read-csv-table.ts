// One CSV file as many samples: one line each. The header names the columns `label` and `user`, where
// there are such; the others hold the values in their order. Without a header all columns are values.
import { InputError } from '#runtime';

import { numberOf, parseCsv } from './csv.ts';
import { readBounded } from './read-bounded.ts';
import { mostValues } from './samples.ts';
import type { Samples } from './samples.ts';

const mostBytes = 128 * 2 ** 20;

export async function readCsvTable(path: string): Promise<Samples> {
  const values: number[] = [];
  const columns: Record<'label' | 'user', string[]> = { label: [], user: [] };
  let count = 0;
  parseCsv(await readBounded(path, mostBytes), path, ({ cells, header, line }) => {
    count = line;
    for (const [index, cell] of cells.entries()) {
      const name = header?.[index]?.toLowerCase();
      if (name === 'label' || name === 'user') columns[name].push(cell);
      else values.push(numberOf(cell, path, { line, column: header?.[index] ?? index + 1 }));
    }
    if (values.length > mostValues) {
      throw new InputError(`${path}: expected at most ${mostValues} values; split the file`);
    }
  });
  if (values.length === 0) {
    throw new InputError(`${path}: expected lines with values, got ${count} lines without`);
  }
  const { label, user } = columns;
  return {
    x: Float32Array.from(values),
    shape: [count, values.length / count],
    ...(label.length > 0 && { y: label }),
    ...(user.length > 0 && { user }),
  };
}
