// No number of a table in the documents is typed: each stands in docs/measured.json.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { fillTables } from './report/markdown/fill-tables.ts';
import { measuredPage } from './report/markdown/measured-page.ts';
import { measuredTables } from './report/markdown/tables.ts';
import type { BenchResults } from './results.ts';

const test = suite('bench/publish');

const root = new URL('../', import.meta.url);
const read = (path: string): string => readFileSync(fileURLToPath(new URL(path, root)), 'utf8');
const results = JSON.parse(read('docs/measured.json')) as BenchResults;

test('the README’s tables are those of docs/measured.json', () => {
  const readme = read('README.md');
  assert.match(readme, '<!-- measured: digits-hard -->');
  assert.is(fillTables(readme, measuredTables(results)), readme);
});

test('docs/measured.md is drawn from docs/measured.json', () => {
  assert.is(read('docs/measured.md'), measuredPage(results));
});

test.run();
