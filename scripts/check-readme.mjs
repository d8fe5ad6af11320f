// Runs what README.md tells a reader to type: each ```sh block under a line `<!-- ci -->`, in order,
// in the repository root, as one bash script that stops at the first failing command. The command
// `onward` is the one just built. The last line is `N passed, N failed`.
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const blockLimitMs = 600_000;

/** @param {string} markdown */
function markedBlocks(markdown) {
  return [...markdown.matchAll(/^<!-- ci -->\n+```sh\n(.*?)^```$/gms)].map(
    ([text, script = ''], i) => {
      const line = markdown.slice(0, markdown.indexOf(text)).split('\n').length;
      return { name: `README.md:${line} (block ${i + 1})`, script };
    },
  );
}

const blocks = markedBlocks(readFileSync(join(root, 'README.md'), 'utf8'));
if (blocks.length === 0) {
  console.error('README.md: expected a ```sh block under a line `<!-- ci -->`, got none');
  console.log('0 passed, 1 failed');
  process.exit(1);
}

const binFolder = mkdtempSync(join(tmpdir(), 'onward-bin-'));
const command = join(binFolder, 'onward');
const program = join(root, 'dist/targets/raspberry-pi/onward.js');
writeFileSync(command, `#!/bin/sh\nexec '${process.execPath}' '${program}' "$@"\n`);
chmodSync(command, 0o755);

let failed = 0;
try {
  for (const { name, script } of blocks) {
    console.log(`${name}\n${script.trimEnd()}`);
    const { status } = spawnSync('bash', ['-euo', 'pipefail', '-c', script], {
      cwd: root,
      env: { ...process.env, PATH: `${binFolder}${delimiter}${process.env['PATH']}` },
      stdio: ['ignore', 'inherit', 'inherit'],
      timeout: blockLimitMs,
    });
    if (status === 0) continue;
    failed += 1;
    console.log(
      `${name}: expected exit status 0, got ${status ?? 'none: it passed the time limit'}`,
    );
  }
} finally {
  rmSync(binFolder, { recursive: true });
}
console.log(`${blocks.length - failed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
