// Tables for people: columns as wide as their widest cell, numbers to the right.

/** Lines of a table; cells that start with a digit, a sign or a percent figure are set to the right. */
export function textTable(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [header, ...rows];
  const widths = header.map((_, column) =>
    Math.max(...all.map((row) => (row[column] ?? '').length)),
  );
  const rule = widths.map((columnWidth) => '-'.repeat(columnWidth)).join('  ');
  const format = (row: readonly string[]): string =>
    widths
      .map((columnWidth, column) => {
        const cell = row[column] ?? '';
        return /^[-+<>~]?\s?\d/.test(cell) ? cell.padStart(columnWidth) : cell.padEnd(columnWidth);
      })
      .join('  ')
      .trimEnd();
  return [format(header), rule, ...rows.map(format)].join('\n');
}
