import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { arch, cpus, platform, totalmem } from 'node:os';
import { fileURLToPath } from 'node:url';

import type { Machine, Versions } from './results.ts';

const root = fileURLToPath(new URL('../', import.meta.url));

export function versions(): Versions {
  const require = createRequire(import.meta.url);
  return {
    node: process.version,
    onnxruntimeNode: versionIn(require.resolve('onnxruntime-node/package.json')),
    onward: versionIn(`${root}package.json`),
    commit: commit(),
  };
}

export function machine(): Machine {
  return {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    arch: arch(),
    platform: platform(),
    memoryBytes: totalmem(),
  };
}

function versionIn(file: string): string {
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}

function commit(): string | null {
  try {
    const git = (...args: string[]): string =>
      execFileSync('git', args, { cwd: root, encoding: 'utf8', stdio: 'pipe' }).trim();
    return git('rev-parse', '--short=10', 'HEAD') + (git('status', '--porcelain') ? '+' : '');
  } catch {
    return null; // not a clone, or no git
  }
}
