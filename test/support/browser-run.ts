// The browser's tests as a part of test/run.ts: test/browser.ts in a process of its own, so that what
// a page does to it, and the suites it collects, stay apart from the others.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

import type { FileReport } from './browser-page.ts';
import { chromiumMissing } from './chromium.ts';

export interface BrowserReport extends FileReport {
  /** Why they did not run, in a sentence; null where they did. */
  readonly note: string | null;
}

/** Runs the browser's tests whose path contains one of `filters`; all where there is none. */
export function runBrowserTests(
  filters: readonly string[],
  signal: AbortSignal,
): Promise<BrowserReport> {
  const program = fileURLToPath(new URL('../browser.ts', import.meta.url));
  const child = spawn(process.execPath, [...process.execArgv, program, ...filters], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    signal,
    killSignal: 'SIGKILL',
  });
  return new Promise((resolve) => {
    let found: FileReport | null = null;
    const end = (why: string): void => {
      const problem = `test/browser.ts: expected it to finish, got ${why}`;
      const report = found ?? { passed: 0, failed: 1, skipped: 0, problems: [problem] };
      const isMissing = chromiumMissing !== null && report.skipped > 0;
      const note = isMissing
        ? `${report.skipped} files of browser tests were skipped: ${chromiumMissing}`
        : null;
      resolve({ ...report, note });
    };
    child.on('message', (message) => {
      found = message as FileReport;
    });
    child.on('error', ({ message }) => end(message));
    child.on('close', (status, killer) => end(`exit status ${status ?? killer}`));
  });
}
