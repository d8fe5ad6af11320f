// A package's plan as a trainee, on weights of its own; also what does not learn at all.
import { copyParameters, layoutOf, oneHot, outputRows, sizeOf } from '#runtime';
import type { PackageContent } from '#runtime';

import { openOnnxRuntimeEngine } from '../../engine/onnx-runtime-engine.ts';
import { engineInput } from '../../teach.ts';
import { learnSamples } from './learn-samples.ts';
import type { Trainee } from './trainee.ts';

/** Opens an engine on a copy of the weights; with `learns` false, steps do nothing. */
export async function openPlan(content: PackageContent, learns: boolean): Promise<Trainee> {
  const { model, modules, plan, feedback } = content;
  const engine = await openOnnxRuntimeEngine(engineInput(content, copyParameters(model.layers)));
  const layout = layoutOf(plan, modules, feedback);
  const size = sizeOf(model.graph.inputShape);
  const rows = outputRows(content);
  return {
    rows,
    async learn(samples, labels, rates) {
      if (!learns) return;
      const targets = oneHot(labels, Array.from(labels.keys()), rows);
      const own = { samples, batch: labels.length, targets };
      await learnSamples(engine, layout, own, rates);
    },
    predict: (samples) => engine.predict(samples, samples.length / size),
    [Symbol.asyncDispose]: () => engine[Symbol.asyncDispose](),
  };
}
