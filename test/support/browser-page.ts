// The half of test/browser.ts that runs in the page: imports one test file and runs its suites, by
// the rules of test/run.ts. What uvu prints goes through `printText`.
import { announcedSkips } from './skip.ts';

type RunSuite = () => Promise<[errors: string | true, ran: number, skips: number, total: number]>;

export interface FileReport {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  readonly problems: readonly string[];
}

declare global {
  /** Writes to the runner's terminal. */
  var printText: (text: string) => void;
  var runTestFile: (name: string, url: string) => Promise<FileReport>;
}

const page = globalThis as unknown as { UVU_QUEUE: RunSuite[][]; UVU_INDEX: number };

globalThis.runTestFile = async (name, url) => {
  const report = { passed: 0, failed: 0, skipped: 0, problems: [] as string[] };
  const fail = (problem: string, failures = 1): void => {
    report.problems.push(problem);
    report.failed += failures;
  };
  page.UVU_INDEX = page.UVU_QUEUE.push([]) - 1;
  announcedSkips.length = 0;
  try {
    await import(url);
    const suites = page.UVU_QUEUE[page.UVU_INDEX]!;
    if (suites.length === 0) fail(`${name}: registered no suite; is .run() missing?`);
    for (const run of suites) {
      const [errors, ran, , total] = await run();
      report.passed += ran;
      if (typeof errors === 'string') globalThis.printText(`\n${errors}`);
      if (ran < total) {
        const why = errors === true ? 'a hook threw' : 'failed';
        fail(`${name}: ${total - ran} of ${total} tests did not pass: ${why}`, total - ran);
      }
    }
  } catch (error) {
    fail(`${name}: ${error instanceof Error ? error.stack : String(error)}`);
  }
  for (const { name: test, reason } of announcedSkips) {
    globalThis.printText(`  skipped: ${test} (${reason})\n`);
    report.skipped++;
  }
  return report;
};
