// Installs the locked dependencies when they are not there yet, so that `npm test` and `npm start`
// work on a fresh clone. Compares what npm recorded as installed with the lock file, not file
// times: a checkout or an `npm install` of one package does not cause a reinstall.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

/**
 * @param {string} path
 * @returns {Record<string, { version?: string, optional?: boolean }> | null}
 */
function lockedPackages(path) {
  try {
    return JSON.parse(readFileSync(root + path, 'utf8')).packages;
  } catch {
    return null; // absent, or half written by an install that was interrupted
  }
}

function isInstalled() {
  const wanted = lockedPackages('package-lock.json');
  const installed = lockedPackages('node_modules/.package-lock.json');
  if (wanted === null) throw new Error('package-lock.json: expected npm lock file, got none');
  if (installed === null) return false;
  return Object.entries(wanted).every(([path, { version, optional }]) => {
    if (path === '') return true;
    const found = installed[path];
    // Optional packages are other platforms' binaries; npm leaves those out.
    return found === undefined ? optional === true : found.version === version;
  });
}

if (!isInstalled()) {
  console.error('installing dependencies (npm ci)');
  const { status } = spawnSync('npm', ['ci', '--no-audit', '--no-fund'], {
    cwd: root,
    // Standard output is left to the command that comes after.
    stdio: ['ignore', 2, 2],
  });
  if (status !== 0) process.exit(status ?? 1);
}
