import { EngineError, openKernelEngine } from '#runtime';
import type { Engine, EngineInput } from '#runtime';

import { openWebglEngine } from './open-webgl-engine.ts';
import type { WebglOptions } from './open-webgl-engine.ts';

export interface OpenedEngine {
  readonly engine: Engine;
  /** Why the reference kernels compute, and not the GPU; null where it does. */
  readonly fallback: string | null;
}

/** Opens the WebGL engine, or the reference kernels where it cannot be had. */
export async function openEngine(
  input: EngineInput,
  options?: WebglOptions,
): Promise<OpenedEngine> {
  try {
    return { engine: await openWebglEngine(input, options), fallback: null };
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    return { engine: await openKernelEngine(input), fallback: error.message };
  }
}
