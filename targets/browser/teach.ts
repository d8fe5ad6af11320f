import { copyParameters, runLesson } from '#runtime';
import type { EngineInput, LayerParameters, PackageContent, Teach } from '#runtime';

import { openEngine } from './engine/open-engine.ts';
import { WebglEngine } from './engine/webgl-engine.ts';

/** Hears why the reference kernels compute where WebGL cannot, or the page teaches where no worker starts. */
export type OnFallback = (reason: string, instead: 'kernels' | 'page') => void;

/** What a lesson has to tell besides its outcome. */
export interface LessonListener {
  readonly onFallback: OnFallback;
  /** Hears the most that a lesson took on the GPU, weights included. */
  readonly onPeakBytes: (bytes: number) => void;
}

/** Teaches on the calling thread, with an engine that lives for one lesson. */
export function teachHere(
  content: PackageContent,
  { onFallback, onPeakBytes }: LessonListener,
): Teach {
  return async (request, options) => {
    const parameters = copyParameters(request.parameters);
    const { engine, fallback } = await openEngine(engineInput(content, parameters));
    if (fallback !== null) onFallback(fallback, 'kernels');
    // Not `await using`, which compiles to a kilobyte of its own.
    try {
      const report = await runLesson({ engine, content, parameters }, request, options);
      if (engine instanceof WebglEngine) onPeakBytes(engine.gpu.ledger.peakBytes);
      return { report, parameters: report.kept ? parameters : null };
    } finally {
      await engine[Symbol.asyncDispose]();
    }
  };
}

/** What an engine needs of a package, to work on `parameters`. Ours writes its own programs. */
export function engineInput(
  { model, modules, plan, feedback, stateFeedback }: PackageContent,
  parameters: ReadonlyMap<number, LayerParameters>,
): EngineInput {
  return { model, modules, plan, feedback, stateFeedback, parameters, programs: new Map() };
}
