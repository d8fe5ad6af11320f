// The most address space that a process held at once, to the page. Linux counts mapped pages exactly, where its count
// of resident ones moves in steps of 128 KiB a processor; a process started as exact-memory.ts says has each block of a
// page or more mapped on its own, so what is mapped is what is allocated. The count's peak cannot be started anew as
// that of resident memory can, so address space that nothing is kept in fills the gap up to it first.
//
//   peak = VmPeak after the work - VmSize before it, where VmSize = VmPeak
import { readFileSync } from 'node:fs';

import { startPeak } from '../../peak-memory.ts';

/** How a peak is measured here: by mapped pages on Linux, elsewhere by samples of resident memory. */
export type PeakMeasure = 'mapped' | 'resident';

export function peakMeasure(): PeakMeasure {
  return mapped() === null ? 'resident' : 'mapped';
}

/** Starts a measurement; the returned function ends it and gives the peak in bytes over what was mapped. */
export function startMappedPeak(): () => number {
  const filling: ArrayBuffer[] = [];
  let now = mapped();
  while (now !== null && now.peak > now.size) {
    filling.push(reserve(now.peak - now.size));
    now = mapped();
  }
  if (now === null) return startPeak();
  const { size } = now;
  return () => {
    const peak = mapped()?.peak ?? size;
    filling.length = 0;
    return peak - size;
  };
}

/** ES2024; Node has it since 20. */
const Resizable = ArrayBuffer as unknown as new (
  bytes: number,
  options: { readonly maxByteLength: number },
) => ArrayBuffer;

/** Address space without memory behind it, for as long as the buffer lives. */
function reserve(bytes: number): ArrayBuffer {
  return new Resizable(0, { maxByteLength: bytes });
}

/** Bytes; null away from Linux. */
function mapped(): { readonly size: number; readonly peak: number } | null {
  try {
    const status = readFileSync('/proc/self/status', 'latin1');
    const [peak, size] = [kibibytes(status, 'VmPeak'), kibibytes(status, 'VmSize')];
    return peak > 0 && size > 0 ? { size: 1024 * size, peak: 1024 * peak } : null;
  } catch {
    return null;
  }
}

function kibibytes(status: string, name: string): number {
  const [, digits = '0'] = new RegExp(`^${name}:\\s*(\\d+) kB$`, 'm').exec(status) ?? [];
  return Number(digits);
}
