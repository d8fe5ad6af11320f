// Lines of text as steps of a sequence that comes in: the values of a step, and maybe its label.
import { parse } from 'csv-parse/sync';

import { FormatError, InputError } from '#runtime';

import { numberOf } from './csv.ts';
import { labelIndices } from './label-indices.ts';

/** `values` null for an empty line: the sequence ends. */
export interface StepLine {
  readonly values: readonly number[] | null;
  /** A class; null where the line names none. */
  readonly label: number | null;
}

/**
 * A reader of lines with comma, semicolon or tab between `count` values, and after them a label or nothing. A first
 * line of names is skipped (`null`); the column it names `label` holds the labels. Throws InputError or
 * FormatError with the line's number.
 */
export function stepReader(
  count: number,
  labels: () => readonly string[],
): (line: string) => StepLine | null {
  let labelColumn = count;
  let number = 0;
  return (line) => {
    number++;
    const cells = cellsOf(line, number);
    if (cells.length === 0) return { values: null, label: null };
    if (number === 1 && cells.slice(0, -1).some((cell) => /^[\p{L}_]/u.test(cell))) {
      const named = cells.findIndex((cell) => cell.toLowerCase() === 'label');
      if (named >= 0) labelColumn = named;
      return null;
    }
    const label = cells.length > count ? cells.splice(labelColumn, 1).join('') : '';
    if (cells.length !== count) {
      throw new InputError(
        `line ${number}: expected ${count} values and maybe a label, got ${cells.length}; give a step as the model was trained on`,
      );
    }
    const values = cells.map((cell, i) => numberOf(cell, 'input', { line: number, column: i + 1 }));
    const [known = null] = label === '' ? [] : labelIndices([label], labels(), `line ${number}`);
    return { values, label: known };
  };
}

function cellsOf(line: string, number: number): string[] {
  try {
    const [cells = []] = parse(line, { delimiter: [',', ';', '\t'], trim: true, bom: true });
    return cells;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new FormatError(`line ${number}: expected CSV, got ${reason}`, { cause });
  }
}
