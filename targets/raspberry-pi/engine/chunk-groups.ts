// Which chunks of a sequence one run of a program takes.
import { Tensor } from 'onnxruntime-node';

import type { Chunk } from '#runtime';

import type { Tensors } from './program.ts';

/** Runs of up to `most` chunks that follow one another, are of equal length and alike; at least one. */
export function groupsOf<Call extends Chunk>(
  calls: readonly Call[],
  most: number,
  areAlike: (one: Call, other: Call) => boolean = () => true,
): Call[][] {
  const groups: Call[][] = [];
  for (const call of calls) {
    const group = groups.at(-1);
    const last = group?.at(-1);
    const isOfGroup =
      group !== undefined &&
      last !== undefined &&
      group.length < most &&
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
