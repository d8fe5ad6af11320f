import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

import { idleMemory } from '../idle-memory.ts';
import { installedBytes, ownDependencies } from '../installed-bytes.ts';
import type { Row } from './row.ts';

const claims = {
  runtime: 'runtime for a model of pictures, minified and gzipped',
  browser: 'what the browser target adds, minified and gzipped',
  browserWithTfjs: 'all that a page with a model of pictures loads, tfjs included',
  scriptTag: 'the one file for a script tag',
  package: 'npm package',
} as const;

const root = new URL('../../', import.meta.url);
const mebibytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(0)} MiB`;

/** What is downloaded, installed, and resident without work; it needs `npm run build` before. */
export async function sizeRows(): Promise<Row[]> {
  return [...bundleRows(), installedRow(), await idleRow()];
}

/** What bench/size.ts measures; it exits with 1 where a budget is broken, as the rows then say. */
function bundleRows(): Row[] {
  const script = fileURLToPath(new URL('../size.ts', import.meta.url));
  const options = ['--conditions=source', '--import', 'tsx', script];
  const { stdout } = spawnSync(process.execPath, options, { cwd: root, encoding: 'utf8' });
  return [...stdout.matchAll(/^(\w+): (\d+) of (\d+) bytes$/gm)].map(([, name, bytes, budget]) => ({
    claim: claims[name as keyof typeof claims],
    measured: `${Number(bytes).toLocaleString('en')} bytes`,
    promised: `at most ${Number(budget).toLocaleString('en')}`,
    holds: Number(bytes) <= Number(budget),
  }));
}

function installedRow(): Row {
  const all = installedBytes(ownDependencies());
  const engine = installedBytes(['onnxruntime-node']);
  return {
    claim: 'installed with it, on disk: its dependencies',
    measured: `${mebibytes(all)}, of which onnxruntime-node is ${mebibytes(engine)}`,
    promised: '',
    holds: null,
  };
}

async function idleRow(): Promise<Row> {
  const { bareBytes, idleBytes } = await idleMemory();
  return {
    claim: 'resident memory, idle: the demo’s digits opened, one predicted',
    measured: `${mebibytes(idleBytes)}, of which Node.js alone is ${mebibytes(bareBytes)}`,
    promised: '',
    holds: null,
  };
}
