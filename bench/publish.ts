// What the documents show of a result file: docs/measured.json keeps it without the raw runs, docs/measured.md says all
// of it, docs/pareto.svg is the headline picture, and the README's marked tables are drawn anew.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { standaloneSvg } from './report/html/chart.ts';
import { paretoChart } from './report/html/pareto-chart.ts';
import { fillTables } from './report/markdown/fill-tables.ts';
import { measuredPage } from './report/markdown/measured-page.ts';
import { measuredTables } from './report/markdown/tables.ts';
import type { BenchResults } from './results.ts';

const root = new URL('../', import.meta.url);
const headline = 'digits-hard';

/**
 * Writes the four files. Throws RangeError where the results are not a full run's, lack one of `parts`, or lack a table
 * that the README asks for.
 */
export function publish(results: BenchResults, parts: readonly string[]): void {
  const absent = parts.filter((part) => !(part in results.parts));
  if (results.mode !== 'full' || absent.length > 0) {
    const got = absent.length > 0 ? `none of ${absent.join('; ')}` : `a ${results.mode} run`;
    throw new RangeError(`publish: expected a full run with every part, got ${got}`);
  }
  const readme = fileURLToPath(new URL('README.md', root));
  const filled = fillTables(readFileSync(readme, 'utf8'), measuredTables(results));
  const hard = results.tasks.find(({ task }) => task === headline);
  if (hard !== undefined) write('docs/pareto.svg', standaloneSvg(paretoChart(hard)));
  write('docs/measured.json', `${JSON.stringify(withoutRuns(results), null, 1)}\n`);
  write('docs/measured.md', measuredPage(results));
  write('README.md', filled);
}

/** A tenth of the file; runs stay with who measured them. */
function withoutRuns(results: BenchResults): BenchResults {
  return { ...results, tasks: results.tasks.map((task) => ({ ...task, runs: [] })) };
}

function write(path: string, text: string): void {
  writeFileSync(fileURLToPath(new URL(path, root)), text);
  console.error(`wrote ${path}`);
}
