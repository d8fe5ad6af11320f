import { parse } from 'csv-parse/sync';

import { FormatError } from '#runtime';

export interface Csv {
  /** Names of the columns; null where no cell of the first line starts with a letter. */
  readonly header: readonly string[] | null;
  readonly rows: readonly (readonly string[])[];
}

/** Parses comma-, semicolon- or tab-separated text with as many cells in each line. */
export function parseCsv(bytes: Buffer, where: string): Csv {
  const firstLine = bytes.toString('utf8', 0, 10_000).split('\n', 1).join('');
  const delimiter = ['\t', ';', ','].find((mark) => firstLine.includes(mark)) ?? ',';
  try {
    const lines: string[][] = parse(bytes, {
      bom: true,
      delimiter,
      skip_empty_lines: true,
      trim: true,
      max_record_size: 10_000_000,
    });
    const [first = []] = lines;
    const isHeader = first.some((cell) => /^[\p{L}_]/u.test(cell));
    return isHeader ? { header: first, rows: lines.slice(1) } : { header: null, rows: lines };
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new FormatError(`${where}: expected CSV, got ${reason}`, { cause });
  }
}

/** The number in a cell; `line` and `column` count from 1 below the header, for messages. */
export function numberOf(
  cell: string,
  where: string,
  { line, column }: { readonly line: number; readonly column: number | string },
): number {
  const number = Number(cell);
  if (cell !== '' && !Number.isNaN(number)) return number;
  throw new FormatError(
    `${where}: expected a number in row ${line}, column ${column}, got ${JSON.stringify(cell)}; write it like 1.5`,
  );
}
