// Measurements in processes of their own. Where memory is measured, resident memory is live memory.
import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

import { exactHeap, exactMemory } from '../targets/raspberry-pi/commands/bench/exact-memory.ts';
import { heapPeakEnvironment } from './heap-peak/heap-peak.ts';

const nodeOptions = ['--conditions=source', '--import', 'tsx', ...exactHeap];

export interface ChildProcess {
  /** A file of this folder. */
  readonly file: string;
  readonly args: readonly string[];
  readonly input?: string;
  readonly measures: 'memory' | 'time';
  /** Ends the process after so many milliseconds; by default never. */
  readonly limitMs?: number;
}

/** Runs it and parses what it prints as JSON. Rejects with what it wrote to standard error, or where it takes too long. */
export async function runChild<Result>(child: ChildProcess): Promise<Result> {
  const path = fileURLToPath(new URL(child.file, import.meta.url));
  const counted = heapPeakEnvironment();
  // What is counted need not be resident, and small blocks would count as whole pages.
  const memory = Object.keys(counted).length > 0 ? counted : exactMemory;
  const env = child.measures === 'memory' ? { ...process.env, ...memory } : process.env;
  const running = spawn(process.execPath, [...nodeOptions, path, ...child.args], {
    stdio: 'pipe',
    env,
    timeout: child.limitMs,
  });
  running.stdin.end(child.input ?? '');
  const closed = new Promise<number | string>((resolve) =>
    running.on('close', (exit, signal) => resolve(exit ?? signal ?? 'no exit')),
  );
  const [output, errors] = await Promise.all([text(running.stdout), text(running.stderr)]);
  const code = await closed;
  if (running.killed) {
    throw new Error(`${child.file}: expected an end within ${child.limitMs! / 1000} s, got none`);
  }
  if (code !== 0) {
    throw new Error(`${child.file} ${child.args.join(' ')}: exit ${code}: ${errors.trim()}`);
  }
  return JSON.parse(output) as Result;
}
