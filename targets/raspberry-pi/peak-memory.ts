// Peak resident memory of a piece of work, over what was resident when it began. Linux keeps the
// peak of a process (VmHWM) and starts it anew when 5 is written to clear_refs, so nothing is missed
// while native code blocks the event loop. Elsewhere the resident memory is sampled, which can miss.
import { readFileSync, writeFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';

const sampleMs = 5;

/** What the work gave, and the most that was resident during it, over what was before, in bytes. */
export interface Measured<Result> {
  readonly result: Result;
  readonly peakBytes: number;
}

/** Measures the process with all its threads; one measurement at a time. */
export async function measurePeak<Result>(work: () => Promise<Result>): Promise<Measured<Result>> {
  const finish = startPeak();
  try {
    const result = await work();
    return { result, peakBytes: finish() };
  } catch (error) {
    finish();
    throw error;
  }
}

/** Starts a measurement; the returned function ends it and gives the peak over what was resident. */
export function startPeak(): () => number {
  const start = process.memoryUsage.rss();
  const finish = restartKernelPeak() ? kernelPeak : samplePeak();
  return () => Math.max(0, finish() - start);
}

/**
 * Collects until resident memory no longer falls: what was garbage before a measurement must not hide what is
 * needed during it. Without `--expose-gc` it only waits.
 */
export async function settle(): Promise<void> {
  let resident = Infinity;
  while (process.memoryUsage.rss() < resident - 2 ** 18) {
    resident = process.memoryUsage.rss();
    globalThis.gc?.();
    await setTimeout(100);
  }
}

function restartKernelPeak(): boolean {
  try {
    writeFileSync('/proc/self/clear_refs', '5');
    return kernelPeak() > 0;
  } catch {
    return false; // not Linux, or a kernel without it
  }
}

function kernelPeak(): number {
  const [, kibibytes = '0'] =
    /^VmHWM:\s*(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'latin1')) ?? [];
  return 1024 * Number(kibibytes);
}

/** Samples until the returned function is called, which gives the highest sample. */
export function samplePeak(): () => number {
  let highest = process.memoryUsage.rss();
  const sampler = setInterval(() => {
    highest = Math.max(highest, process.memoryUsage.rss());
  }, sampleMs);
  return () => {
    clearInterval(sampler);
    return Math.max(highest, process.memoryUsage.rss());
  };
}
