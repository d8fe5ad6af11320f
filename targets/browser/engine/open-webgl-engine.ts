import { openKernelEngine } from '#runtime';
import type { Engine, EngineInput } from '#runtime';

import { openContext } from './context.ts';
import { WebglEngine } from './webgl-engine.ts';

export interface WebglOptions {
  /** A WebGL2 context to compute in; by default the one that tfjs uses. */
  readonly context?: WebGL2RenderingContext;
}

/**
 * Opens the WebGL engine on a model. Throws InputError for an input that no engine could run, and
 * EngineError where there is no WebGL2 or where it computes something else than the reference kernels.
 */
export async function openWebglEngine(
  input: EngineInput,
  { context }: WebglOptions = {},
): Promise<Engine> {
  await openKernelEngine(input)[Symbol.asyncDispose](); // checks the input
  return new WebglEngine(context ?? openContext(), input);
}
