// How the samples of a batch start, by a seed.
import { isRecurrent } from '#runtime';
import type { Model, RecurrentState, Sequence } from '#runtime';

import type { SequenceKind } from './engine-cases.ts';
import { randomStream } from './random-stream.ts';

/** Lengths from 1 to all steps, or states of any values, or undefined for whole sequences. */
export function randomSequence(
  { graph }: Model,
  kind: SequenceKind,
  batch: number,
  seed: number,
): Sequence | undefined {
  const random = randomStream(seed + 3000);
  if (kind === 'whole') return undefined;
  if (kind === 'lengths') {
    const steps = graph.inputShape[0];
    return { lengths: Int32Array.from({ length: batch }, () => 1 + Math.floor(random() * steps)) };
  }
  const state = new Map<number, RecurrentState>();
  for (const [index, node] of graph.nodes.entries()) {
    if (!isRecurrent(node)) continue;
    const length = batch * node.attributes.hiddenSize;
    state.set(index, {
      hidden: Uint8Array.from({ length }, () => Math.floor(256 * random())),
      state: Float32Array.from({ length }, () => 2 * random() - 1),
    });
  }
  return { state };
}
