import type { EngineInput } from '../engine.ts';
import { hasSequences } from '../graph/has-sequences.ts';
import { loaded } from '../loaded.ts';
import type * as sequenceKernel from '../sequences.ts';

/** What recurrent/ gives to the other kernels. */
export type SequenceKernel = typeof sequenceKernel;

/** Throws EngineError where its file cannot be had. */
export function loadSequenceKernel(): Promise<SequenceKernel> {
  return loaded('kernels', () => import('../sequences.ts'));
}

/** Null for a model that does without. */
export async function sequenceKernelFor(input: EngineInput): Promise<SequenceKernel | null> {
  const isPlain = !hasSequences(input.model.graph) && input.stateFeedback.length === 0;
  return isPlain ? null : loadSequenceKernel();
}
