import { sequenceMemory } from '../sequence-memory.ts';
import type { SequenceMemory } from '../sequence-memory.ts';
import type { Row } from './row.ts';

const kilobytes = (bytes: number): string => `${(bytes / 1024).toFixed(0)} KB`;

/** Memory of a recurrent layer's learning, H 128 and I 64, at 64 and 1024 steps. */
export async function sequenceRows(): Promise<Row[]> {
  const rows: Row[] = [];
  for (const cell of ['gru', 'lstm'] as const) {
    for (const batch of [4, 16]) {
      const at = (method: 'gates' | 'float-backprop', steps: number): Promise<SequenceMemory> =>
        sequenceMemory(method, { cell, steps, features: 64, hiddenSize: 128, batch });
      const short = (await at('gates', 64)).peakBytes;
      const long = (await at('gates', 1024)).peakBytes;
      const backprop = (await at('float-backprop', 1024)).peakBytes;
      const what = `${cell.toUpperCase()}, batch ${batch}`;
      rows.push(
        {
          claim: `learn memory at 1024 steps over that at 64, ${what}`,
          measured: `${(long / short).toFixed(2)} (${kilobytes(long)} and ${kilobytes(short)})`,
          promised: 'at most 1.2',
          holds: long / short <= 1.2,
        },
        {
          claim: `float backprop's memory at 1024 steps over onward's, ${what}`,
          measured: `${(backprop / long).toFixed(1)} (${kilobytes(backprop)} and ${kilobytes(long)})`,
          promised: 'at least 30',
          holds: backprop / long >= 30,
        },
      );
    }
  }
  return rows;
}
