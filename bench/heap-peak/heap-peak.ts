// The most that a process had allocated at once, exact to the byte: heap-peak.c counts, this file reads. Without a C
// compiler, or away from glibc, the peak of mapped pages stands in (mapped-peak.ts).
import { spawnSync } from 'node:child_process';
import { closeSync, openSync, readSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { startMappedPeak } from '../../targets/raspberry-pi/commands/bench/mapped-peak.ts';
import { temporaryFolder } from '../temporary-folder.ts';

let library: string | null | undefined;
let folder: string | undefined;
let files = 0;

/** Variables for one process whose peak is asked for, while this one lives; none where it cannot be counted. */
export function heapPeakEnvironment(): Readonly<Record<string, string>> {
  library ??= compiled();
  if (library === null) return {};
  const file = join(ownFolder(), `counts-${files++}`);
  writeFileSync(file, new Uint8Array(16));
  return { LD_PRELOAD: library, HEAP_PEAK_FILE: file };
}

/** Starts a measurement in this process; the returned function gives the peak in bytes over what lived then. */
export function startHeapPeak(): () => number {
  const file = process.env['HEAP_PEAK_FILE'];
  if (file === undefined) return startMappedPeak();
  const counts = openSync(file, 'r+');
  const [live] = read(counts);
  writeSync(counts, BigInt64Array.of(live), 0, 8, 8);
  return () => {
    const [, peak] = read(counts);
    closeSync(counts);
    return Number(peak - live);
  };
}

function read(file: number): [live: bigint, peak: bigint] {
  const counts = new BigInt64Array(2);
  readSync(file, counts, 0, 16, 0);
  return [counts[0]!, counts[1]!];
}

function compiled(): string | null {
  const source = fileURLToPath(new URL('./heap-peak.c', import.meta.url));
  const output = join(ownFolder(), 'heap-peak.so');
  const { status } = spawnSync('cc', ['-O2', '-shared', '-fPIC', '-o', output, source]);
  return status === 0 ? output : null;
}

/** Of this process, removed as it ends. */
function ownFolder(): string {
  folder ??= temporaryFolder('onward-heap-').path;
  return folder;
}
