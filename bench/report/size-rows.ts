import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

import type { Row } from './row.ts';

const claims = {
  runtime: 'runtime for a model of pictures, minified and gzipped',
  browser: 'what the browser target adds, minified and gzipped',
  browserWithTfjs: 'all that a page with a model of pictures loads, tfjs included',
  scriptTag: 'the one file for a script tag',
  package: 'npm package',
} as const;

/** What bench/size.ts measures; it needs `npm run build` before. */
export function sizeRows(): Row[] {
  const script = fileURLToPath(new URL('../size.ts', import.meta.url));
  const options = ['--conditions=source', '--import', 'tsx', script];
  const { stdout } = spawnSync(process.execPath, options, { encoding: 'utf8' });
  return [...stdout.matchAll(/^(\w+): (\d+) of (\d+) bytes$/gm)].map(([, name, bytes, budget]) => ({
    claim: claims[name as keyof typeof claims],
    measured: `${Number(bytes).toLocaleString('en')} bytes`,
    promised: `at most ${Number(budget).toLocaleString('en')}`,
    holds: Number(bytes) <= Number(budget),
  }));
}
