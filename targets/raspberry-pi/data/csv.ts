import { parse } from 'csv-parse/sync';

import { FormatError, OnwardError } from '#runtime';

/** One line of cells, the header's names where there is one, and the line's number below it, from 1. */
export interface CsvLine {
  readonly cells: readonly string[];
  readonly header: readonly string[] | null;
  readonly line: number;
}

/**
 * Parses comma-, semicolon- or tab-separated text with as many cells in each line, and gives it line
 * by line: whole, a large table would not fit in memory. A header is a first line with a cell that
 * starts with a letter.
 */
export function parseCsv(bytes: Buffer, where: string, onLine: (line: CsvLine) => void): void {
  const firstLine = bytes.toString('utf8', 0, 10_000).split('\n', 1).join('');
  const delimiter = ['\t', ';', ','].find((mark) => firstLine.includes(mark)) ?? ',';
  let header: readonly string[] | null = null;
  let line = 0;
  try {
    parse(bytes, {
      bom: true,
      delimiter,
      skip_empty_lines: true,
      trim: true,
      max_record_size: 10_000_000,
      on_record: (cells: string[]) => {
        if (line === 0 && !header && cells.some((cell) => /^[\p{L}_]/u.test(cell))) header = cells;
        else onLine({ cells, header, line: ++line });
        return null; // keep nothing
      },
    });
  } catch (cause) {
    if (cause instanceof OnwardError) throw cause;
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
