// Peak memory while a recurrent layer learns, each way in a process of its own.
import { runChild } from './child-process.ts';
import type { SequenceSize } from './sequence-network.ts';

/** `gates` and `exact` go by chunks of eight steps; the two kinds of backpropagation hold the whole sequence. */
export type SequenceMethod = 'gates' | 'exact' | 'int8-backprop' | 'float-backprop';

export interface SequenceMemory {
  /** Resident over the opened network while learning. */
  readonly peakBytes: number;
}

export function sequenceMemory(
  method: SequenceMethod,
  { cell, steps, features, hiddenSize, batch }: SequenceSize,
): Promise<SequenceMemory> {
  return runChild<SequenceMemory>({
    file: './sequence-process.ts',
    args: [method, cell, ...[steps, features, hiddenSize, batch].map(String)],
    measures: 'memory',
  });
}
