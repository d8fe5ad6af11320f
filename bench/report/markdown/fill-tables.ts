// A document's tables that are drawn from a result file stand between two marks, so that no number in them is typed:
//
//   <!-- measured: peers -->
//   | ... |
//   <!-- /measured -->
import { markdownTable } from 'markdown-table';

const marked = /(<!-- measured: ([\w-]+) -->\n)[\s\S]*?(<!-- \/measured -->)/g;

/** The document with the tables of these names put between its marks. Throws RangeError where a mark names none. */
export function fillTables(document: string, tables: Readonly<Record<string, string>>): string {
  return document.replace(marked, (_, open: string, name: string, close: string) => {
    const table = tables[name];
    if (table === undefined) {
      const known = Object.keys(tables).join(', ');
      throw new RangeError(`measured: expected a table of ${known}, got ${name}`);
    }
    return `${open}\n${table}\n\n${close}`;
  });
}

/** First row is the header; columns after the first `left` ones are set right. */
export function tableText(
  [header, ...rows]: readonly (readonly string[])[],
  { left = 1 }: { readonly left?: number } = {},
): string {
  const cells = [header!, ...rows].map((row) => row.map((cell) => cell.replaceAll('|', '\\|')));
  return markdownTable(cells, { align: header!.map((_, at) => (at < left ? '' : 'r')) });
}
