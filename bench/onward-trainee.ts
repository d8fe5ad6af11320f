// Onward as a trainee: a package's plan, run on ONNX Runtime.
import type { AssembledContent } from '#exporters';
import { copyParameters, layoutOf, quantizeSamples, sizeOf } from '#runtime';
import type { PackageContent } from '#runtime';

import { learnSamples } from '../targets/raspberry-pi/commands/bench/learn-samples.ts';
import { openOnnxRuntimeEngine } from '../targets/raspberry-pi/engine/onnx-runtime-engine.ts';
import { engineInput } from '../targets/raspberry-pi/teach.ts';
import type { Trainee } from './personalize.ts';

/** Opens an engine on a copy of the weights. Samples are float32 channels last, whatever the package's layout. */
export async function openOnward(content: AssembledContent | PackageContent): Promise<Trainee> {
  const { model, modules, plan, feedback, labels } = content;
  const parameters = copyParameters(model.layers);
  const engine = await openOnnxRuntimeEngine(engineInput(content, parameters));
  const layout = layoutOf(plan, modules, feedback);
  const format = {
    shape: model.graph.inputShape,
    quantization: model.quantization[0]!,
    description: { ...content.input, layout: 'nhwc' },
  } as const;
  const sampleSize = sizeOf(format.shape);
  return {
    classes: labels.length,
    sampleSize,
    prepare: (x) => quantizeSamples(x, format),
    async learn(images, targets, rates) {
      if (images instanceof Float32Array) throw new TypeError('learn: expected prepared images');
      const own = { samples: images, batch: images.length / sampleSize, targets };
      await learnSamples(engine, layout, own, rates);
    },
    predict: (x) => engine.predict(quantizeSamples(x, format), x.length / sampleSize),
    [Symbol.asyncDispose]: () => engine[Symbol.asyncDispose](),
  };
}
