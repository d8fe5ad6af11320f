import { basename, join } from 'node:path';

import { build } from 'esbuild';

interface ServedFile {
  readonly type: string;
  readonly body: Uint8Array;
}

/** What the test server serves, by path. */
export type ServedFiles = ReadonlyMap<string, ServedFile>;

const html = `<!doctype html><meta charset="utf-8"><title>tests</title><link rel="icon" href="data:,">
<script>
  // uvu prints through process.stdout where there is one, symbol by symbol.
  globalThis.process = { stdout: { write: (text) => printText(text) }, hrtime: () => [0, 0], argv: [], env: {}, on() {} };
  globalThis.UVU_DEFER = 1;
  globalThis.UVU_QUEUE = [];
</script>
<script type="module" src="/browser-page.js"></script>`;

/** Test files and the page's half of the runner as modules that share what they have in common. */
export async function bundleTests(root: string, paths: readonly string[]): Promise<ServedFiles> {
  const { outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: ['test/support/browser-page.ts', 'targets/browser/lesson-worker.ts', ...paths],
    entryNames: '[name]',
    outdir: join(root, 'dist', 'browser-tests'),
    write: false,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    conditions: ['source'],
    sourcemap: 'inline',
    // Without this, files imported for effect only are dropped, and tests with them.
    ignoreAnnotations: true,
    logLevel: 'error',
  });
  const encoder = new TextEncoder();
  return new Map<string, ServedFile>([
    ['/', { type: 'text/html', body: encoder.encode(html) }],
    ...outputFiles.map(
      ({ path, contents }) =>
        [`/${basename(path)}`, { type: 'text/javascript', body: contents }] as const,
    ),
  ]);
}
