import { openKernelEngine } from '#runtime';
import type { EngineInput } from '#runtime';

import { openContext } from './context.ts';
import { loadOperators } from './operators/table.ts';
import { largestMismatch, requireAgreement } from './self-test.ts';
import { WebglEngine } from './webgl-engine.ts';

export interface WebglOptions {
  /** A WebGL2 context to compute in; by default the one that tfjs uses. */
  readonly context?: WebGL2RenderingContext;
  /** Share of numbers that may differ from the reference kernels in the self-test; default 0.01. */
  readonly largestMismatch?: number;
}

/**
 * Opens the WebGL engine on a model. Throws InputError for an input that no engine could run, and
 * EngineError where there is no WebGL2, where the model does not fit on the GPU, and where the GPU
 * computes something else than the reference kernels.
 */
export async function openWebglEngine(
  input: EngineInput,
  { context = openContext(), largestMismatch: bound = largestMismatch }: WebglOptions = {},
): Promise<WebglEngine> {
  await (await openKernelEngine(input))[Symbol.asyncDispose](); // checks the input
  await loadOperators(input.model.graph);
  await requireAgreement(context, bound);
  return new WebglEngine(context, input);
}
