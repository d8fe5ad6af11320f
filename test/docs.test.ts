// Documents that name files name files that exist, and versions agree.
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { suite } from 'uvu';
import * as assert from 'uvu/assert';

const test = suite('docs');

const root = new URL('../', import.meta.url);
const read = (path: string): string => readFileSync(fileURLToPath(new URL(path, root)), 'utf8');

for (const document of ['README.md', 'CONTRIBUTING.md', 'docs/architecture.md']) {
  test(`every path in ${document} exists`, () => {
    const folders = 'runtime|exporters|targets|bench|test|docs|scripts|demo';
    const paths = read(document).matchAll(new RegExp(`\`((?:${folders})/[\\w./-]*)\``, 'g'));
    for (const [, path] of paths) {
      if (path!.startsWith('demo/out')) continue; // made by the commands that name it
      assert.ok(existsSync(fileURLToPath(new URL(path!, root))), `${document} names ${path}`);
    }
  });

  test(`every link in ${document} leads somewhere`, () => {
    for (const [, target] of read(document).matchAll(/\]\((?!https?:|#)([^)#]+)/g)) {
      const path = fileURLToPath(new URL(target!, new URL(document, root)));
      assert.ok(existsSync(path), `${document} links to ${target}`);
    }
  });
}

test('the provenance names the version of the package', () => {
  const { version } = JSON.parse(read('package.json')) as { version: string };
  assert.match(read('exporters/export.ts'), `onward ${version}`);
});

test.run();
