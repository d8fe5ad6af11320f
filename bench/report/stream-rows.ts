import { streamTimes } from '../stream-time.ts';
import type { Row } from './row.ts';

/** One step of a stream against a bare recurrent node, interleaved in this process. */
export async function streamRows(rounds: number): Promise<Row[]> {
  const rows: Row[] = [];
  for (const cell of ['lstm', 'gru'] as const) {
    const { stepMicroseconds, nodeMicroseconds } = await streamTimes(cell, rounds);
    const overhead = stepMicroseconds - nodeMicroseconds;
    rows.push({
      claim: `one step of a stream over a bare ${cell.toUpperCase()} node, H 128, I 64, batch 1`,
      measured: `${(stepMicroseconds / nodeMicroseconds).toFixed(2)} (${overhead.toFixed(0)} microseconds more)`,
      promised: 'less than 100 microseconds more',
      holds: overhead < 100,
    });
  }
  return rows;
}
