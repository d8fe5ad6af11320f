// Peak memory while learning, each way in a process of its own.
import { runChild } from './child-process.ts';
import type { MemoryResult, Method } from './network-process.ts';
import type { NetworkName } from './networks.ts';

/** What is resident over the opened network while `method` learns from batches of `batchSize`. */
export function learningMemory(
  network: NetworkName,
  method: Method,
  batchSize: number,
): Promise<MemoryResult> {
  return runChild<MemoryResult>({
    file: './network-process.ts',
    args: [network, method, String(batchSize)],
    measures: 'memory',
  });
}
