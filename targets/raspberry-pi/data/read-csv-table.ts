// One CSV file as many samples: one line each. The header names the columns `label` and `user`, where
// there are such; the others hold the values in their order. Without a header all columns are values.
import { InputError } from '#runtime';

import { numberOf, parseCsv } from './csv.ts';
import { readBounded } from './read-bounded.ts';
import type { Samples } from './samples.ts';

const mostBytes = 256 * 2 ** 20;

export async function readCsvTable(path: string): Promise<Samples> {
  const { header, rows } = parseCsv(await readBounded(path, mostBytes), path);
  const names = header?.map((name) => name.toLowerCase());
  const [label, user] = ['label', 'user'].map((name) => names?.indexOf(name) ?? -1);
  const width = rows[0]?.length ?? 0;
  const columns = Array.from({ length: width }, (_, column) => column).filter(
    (column) => column !== label && column !== user,
  );
  if (columns.length === 0) {
    throw new InputError(`${path}: expected lines with values, got ${rows.length} lines without`);
  }
  const x = new Float32Array(rows.length * columns.length);
  for (const [row, cells] of rows.entries()) {
    for (const [index, column] of columns.entries()) {
      const place = { line: row + 1, column: header?.[column] ?? column + 1 };
      x[row * columns.length + index] = numberOf(cells[column] ?? '', path, place);
    }
  }
  const columnOf = (column = -1): string[] => rows.map((cells) => cells[column] ?? '');
  return {
    x,
    shape: [rows.length, columns.length],
    ...(label !== undefined && label >= 0 && { y: columnOf(label) }),
    ...(user !== undefined && user >= 0 && { user: columnOf(user) }),
  };
}
