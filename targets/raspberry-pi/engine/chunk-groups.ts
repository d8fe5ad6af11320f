// Which chunks of a sequence one run of a program takes.
import { Tensor } from 'onnxruntime-node';

import type { Chunk } from '#runtime';

import type { Tensors } from './program.ts';

// What a run holds of a chunk it holds once, however many there are; only states that are kept and gradients of
// the input pile up, in the run's outputs and once more as the binding copies them. With 16 chunks to a run its
// other outputs, among them the sums of gradients, are copied once for every 128 steps or more.
const mostChunks = 16;

/** Runs of chunks that follow one another, are of equal length and alike; at least one. */
export function groupsOf<Call extends Chunk>(
  calls: readonly Call[],
  areAlike: (one: Call, other: Call) => boolean = () => true,
): Call[][] {
  const groups: Call[][] = [];
  for (const call of calls) {
    const group = groups.at(-1);
    const last = group?.at(-1);
    const isOfGroup =
      group !== undefined &&
      last !== undefined &&
      group.length < mostChunks &&
      last.to - last.from === call.to - call.from &&
      areAlike(last, call);
    if (isOfGroup) group.push(call);
    else groups.push([call]);
  }
  return groups;
}

/** The inputs `from` and `to`, int64 [k, 1]. */
export function boundFeeds(chunks: readonly Chunk[]): Tensors {
  return {
    from: perChunk(chunks.map(({ from }) => from)),
    to: perChunk(chunks.map(({ to }) => to)),
  };
}

/** Int64 [k, 1]. */
export function perChunk(values: readonly number[]): Tensor {
  return new Tensor('int64', BigInt64Array.from(values, BigInt), [values.length, 1]);
}
