import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { fillTables, tableText } from './fill-tables.ts';

const test = suite('bench/report/markdown/fill-tables');

test('only what stands between the marks changes, and filling again changes nothing', () => {
  const document =
    'before\n\n<!-- measured: one -->\n\n| old |\n\n<!-- /measured -->\n\nbetween\n\n<!-- measured: two -->\n<!-- /measured -->\n';
  const tables = { one: '| $& new |', two: '| other |' };
  const filled = fillTables(document, tables);
  assert.is(
    filled,
    'before\n\n<!-- measured: one -->\n\n| $& new |\n\n<!-- /measured -->\n\nbetween\n\n<!-- measured: two -->\n\n| other |\n\n<!-- /measured -->\n',
  );
  assert.is(fillTables(filled, tables), filled);
});

test('a mark without a table is named, with those there are', () => {
  assert.throws(
    () => fillTables('<!-- measured: absent -->\n<!-- /measured -->', { one: '', two: '' }),
    /expected a table of one, two, got absent/,
  );
});

test('columns line up, numbers to the right, and a bar in a cell does not end it', () => {
  assert.is(
    tableText([
      ['arm', 'MiB'],
      ['a | b', '1'],
      ['c', '10.0'],
    ]),
    ['| arm    |  MiB |', '| ------ | ---: |', '| a \\| b |    1 |', '| c      | 10.0 |'].join(
      '\n',
    ),
  );
});

test.run();
