import { copyParameters, runLesson } from '#runtime';
import type { LayerParameters, PackageContent, Teach } from '#runtime';

import { openOnnxRuntimeEngine } from './engine/onnx-runtime-engine.ts';

/** Teaches on the calling thread, with an engine that lives for one lesson. */
export function teachHere(content: PackageContent, threads: number): Teach {
  return async (request, options) => {
    const parameters = copyParameters(request.parameters);
    await using engine = await openOnnxRuntimeEngine(engineInput(content, parameters), { threads });
    const report = await runLesson({ engine, content, parameters }, request, options);
    return { report, parameters: report.kept ? parameters : null };
  };
}

/** What the ONNX Runtime engine needs of a package, to work on `parameters`. */
export function engineInput(
  content: Pick<
    PackageContent,
    'model' | 'modules' | 'plan' | 'feedback' | 'stateFeedback' | 'programs'
  >,
  parameters: ReadonlyMap<number, LayerParameters>,
): Parameters<typeof openOnnxRuntimeEngine>[0] {
  const { model, modules, plan, feedback, stateFeedback } = content;
  const programs = new Map(
    content.programs
      .filter(({ target }) => target === 'onnxruntime')
      .map(({ name, bytes }) => [name, bytes]),
  );
  return { model, modules, plan, feedback, stateFeedback, parameters, programs };
}
