// npm run bench:peers: installs the frameworks that the benchmark compares with, each in a Python environment of its
// own under bench/peers/environments. What cannot be installed here is named, and the benchmark says so too.
import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';

import { environmentFolder, pythonOf, requirements } from './environment.ts';
import type { EnvironmentName } from './environment.ts';

function run(program: string, args: readonly string[]): void {
  const { status, error } = spawnSync(program, args, { stdio: 'inherit' });
  if (status !== 0) throw new Error(`${program}: ${error?.message ?? `exit ${status}`}`);
}

let failed = 0;
for (const name of Object.keys(requirements) as EnvironmentName[]) {
  if (pythonOf(name) !== null) {
    console.log(`${name}: installed`);
    continue;
  }
  console.log(`${name}: installing ${requirements[name].join(' ')} ...`);
  const folder = environmentFolder(name);
  try {
    run('python3', ['-m', 'venv', folder]);
    run(`${folder}/bin/pip`, ['install', '--quiet', ...requirements[name]]);
  } catch (error) {
    failed++;
    rmSync(folder, { recursive: true, force: true });
    console.error(
      `${name}: not installed: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}
if (failed > 0) process.exitCode = 1;
