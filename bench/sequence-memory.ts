// Peak memory while a recurrent layer learns, each way in a process of its own.
import { runChild } from './child-process.ts';
import { median } from './personalize.ts';
import type { SequenceSize } from './sequence-network.ts';
import type { SequenceMethod } from './sequence-trainee.ts';

export interface SequenceMemory {
  /** Allocated at once during a step, over the opened network. */
  readonly peakBytes: number;
}

/** The median of `repeats` processes: from one to the next a peak moves by some ten kilobytes. */
export async function sequencePeak(
  method: SequenceMethod,
  { cell, steps, features, hiddenSize, batch }: SequenceSize,
  repeats: number,
): Promise<number> {
  const peaks: number[] = [];
  for (let repeat = 0; repeat < repeats; repeat++) {
    const { peakBytes } = await runChild<SequenceMemory>({
      file: './sequence-process.ts',
      args: [method, cell, ...[steps, features, hiddenSize, batch].map(String)],
      measures: 'memory',
    });
    peaks.push(peakBytes);
  }
  return median(peaks);
}
